import type { IncomingMessage } from 'node:http'
import type { Accounts } from '@idem/accounts/open-accounts'
import { RefusalError } from '@idem/contract/refusal'
import { z } from 'zod'
import { acceptedCaller } from './caller-of.ts'
import type { Cookies } from './cookies.ts'
import { type Action, Name, Nothing, readInput, type Sent, send, Text } from './exchange.ts'

type Added = Awaited<ReturnType<Accounts['ownFactors']['addPasskey']>>

export type FactorActionsSettings = {
  readonly accounts: Pick<Accounts, 'askPasskey' | 'ownFactors'>
  readonly cookies: Cookies
}

/** A credential's id and what it signs are a few hundred bytes; a registration has some thousands. */
const Bytes = Text.min(1).max(20_000)
const credential = {
  id: Bytes,
  rawId: Bytes,
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}),
}
// Not strict: browsers add members to these.
const NewCredential = z.object({
  ...credential,
  response: z.object({ clientDataJSON: Bytes, attestationObject: Bytes }),
})
const Assertion = z.object({
  ...credential,
  response: z
    .object({
      ...{ clientDataJSON: Bytes, authenticatorData: Bytes, signature: Bytes },
      userHandle: Bytes.nullish(),
    })
    .transform(({ userHandle, ...signed }) => ({ ...signed, ...(userHandle && { userHandle }) })),
})

/** Signed by a passkey. */
export const PasskeyAnswer = z.strictObject({ response: Assertion })
/** A code of the app, or a recovery code. */
export const CodeAnswer = z.strictObject({ code: z.string().min(1).max(100) })

const PasskeyName = Name.min(1).max(100)
const NewPasskey = z.strictObject({ name: PasskeyName, response: NewCredential })
const Named = z.strictObject({ id: Text.min(1).max(2_000) })
const Renamed = Named.extend({ name: PasskeyName })

/**
 * What a person does to the own second factors, with the session of a browser. A session that a required second
 * factor stops everywhere else may see them and add the first one.
 */
export function createFactorActions({ accounts, cookies }: FactorActionsSettings) {
  const { ownFactors, askPasskey } = accounts

  /** A change names its account, as every other one by cookie. */
  async function tokenOf(request: IncomingMessage): Promise<string> {
    const token = cookies.session(request)
    if (token === undefined) throw new RefusalError('unauthenticated')
    const { owner } = await ownFactors.find(token)
    acceptedCaller(request, { owner, by: 'cookie' })
    return token
  }

  function begun({ request, response }: Sent, step: string, body: unknown): undefined {
    response.setHeader('set-cookie', cookies.begun(request, step))
    send(response, 200, body)
  }

  function added({ request, response }: Sent, { owner, token, recoveryCodes }: Added): string {
    response.setHeader('set-cookie', cookies.renewed(request, token))
    send(response, 200, { recoveryCodes })
    return owner
  }

  /** A change that shows nothing. The work returns the owner. */
  function change<Shape extends z.ZodType>(
    shape: Shape,
    work: (token: string, input: z.output<Shape>) => Promise<string>,
  ): Action {
    return async ({ request, response }) => {
      const input = await readInput(shape, request)
      const owner = await work(await tokenOf(request), input)
      send(response, 204)
      return owner
    }
  }

  const actions = {
    /** For signing in, and for giving the proof again. */
    async 'passkey-options'(sent) {
      await readInput(Nothing, sent.request)
      const { options, step } = await askPasskey()
      return begun(sent, step, options)
    },
    async 'reauthenticate-passkey'({ request, response: answer }) {
      const { response } = await readInput(PasskeyAnswer, request)
      const given = { step: cookies.step(request), response }
      const { owner, token } = await ownFactors.reauthenticate(await tokenOf(request), given)
      answer.setHeader('set-cookie', cookies.renewed(request, token))
      send(answer, 204)
      return owner
    },
    async 'new-passkey-options'(sent) {
      await readInput(Nothing, sent.request)
      const { options, step } = await ownFactors.askNewPasskey(await tokenOf(sent.request))
      return begun(sent, step, options)
    },
    async 'add-passkey'(sent) {
      const { request } = sent
      const { name, response } = await readInput(NewPasskey, request)
      const given = { step: cookies.step(request), name, response }
      return added(sent, await ownFactors.addPasskey(await tokenOf(request), given))
    },
    async 'new-totp'(sent) {
      await readInput(Nothing, sent.request)
      const { step, ...shown } = await ownFactors.askNewTotp(await tokenOf(sent.request))
      return begun(sent, step, shown)
    },
    async 'set-totp'(sent) {
      const { request } = sent
      const { code } = await readInput(CodeAnswer, request)
      const given = { step: cookies.step(request), code }
      return added(sent, await ownFactors.setTotp(await tokenOf(request), given))
    },
    'rename-passkey': change(Renamed, (token, given) => ownFactors.renamePasskey(token, given)),
    'remove-passkey': change(Named, (token, { id }) => ownFactors.removePasskey(token, id)),
    'remove-totp': change(Nothing, (token) => ownFactors.removeTotp(token)),
    async 'new-recovery-codes'({ request, response }) {
      await readInput(Nothing, request)
      const { owner, recoveryCodes } = await ownFactors.newRecoveryCodes(await tokenOf(request))
      send(response, 200, { recoveryCodes })
      return owner
    },
  } satisfies Readonly<Record<string, Action>>

  return {
    actions,
    async show({ request, response }: Sent): Promise<void> {
      send(response, 200, await ownFactors.show(await ownFactors.find(await tokenOf(request))))
    },
  }
}

export type FactorActions = ReturnType<typeof createFactorActions>
