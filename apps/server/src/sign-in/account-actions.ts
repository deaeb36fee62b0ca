import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Link } from '@idem/accounts/links'
import type { Accounts } from '@idem/accounts/open-accounts'
import { RefusalError } from '@idem/contract/refusal'
import { z } from 'zod'
import type { createCallerOf } from './caller-of.ts'
import type { Cookies } from './cookies.ts'
import {
  type Action,
  ApiKeyName,
  Name,
  NewPassword,
  Nothing,
  Password,
  readInput,
  type Sent,
  send,
  Text,
} from './exchange.ts'

export type AccountActionsSettings = {
  readonly own: Accounts['own']
  readonly cookies: Cookies
  readonly clientAddress: (request: IncomingMessage) => string
  readonly callerOf: ReturnType<typeof createCallerOf>
  readonly urlOf: (link: Link) => string
  readonly exportOf: (owner: string) => AsyncIterable<string>
  /** Writes down that the account is not to come back with a backup. */
  readonly noteDeleted: (owner: string) => Promise<void>
}

export type AccountActions = ReturnType<typeof createAccountActions>

type RecentSession = Awaited<ReturnType<Accounts['own']['recent']>>

const ProofAgain = z.strictObject({
  password: Password,
  /** A code of the app, or a recovery code, where the account has a second factor. */
  code: z.string().max(100).optional(),
})
const PasswordChange = z.strictObject({ current: Password, password: NewPassword })
const Rename = z.strictObject({ name: Name })
const Named = z.strictObject({ id: Text.min(1).max(100) })
const NewApiKey = z.strictObject({
  name: ApiKeyName,
  /** Without them the key does not expire. */
  days: z.int().min(1).max(3_650).optional(),
})

/** A person may stop a download. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
}

/**
 * What a person does to the own account, with the session of a browser: an API key can do none of it. All except the
 * name needs the proof of who signs in within the last five minutes, so a device that was left alone, or a
 * stolen cookie, takes nothing over.
 */
export function createAccountActions(settings: AccountActionsSettings) {
  const { own, cookies, clientAddress, callerOf, urlOf, exportOf, noteDeleted } = settings

  /** A change names its account, as every other one by cookie. */
  async function tokenOf(request: IncomingMessage): Promise<string> {
    const token = cookies.session(request)
    if (token === undefined) throw new RefusalError('unauthenticated')
    await callerOf(request)
    return token
  }

  const session = async (request: IncomingMessage) => own.find(await tokenOf(request))
  const recent = async (request: IncomingMessage) => own.recent(await tokenOf(request))
  const from = (request: IncomingMessage) => ({
    address: clientAddress(request),
    device: cookies.device(request),
  })

  /** Returns the owner. */
  async function renewed({ request, response }: Sent, token: string): Promise<string> {
    response.setHeader('set-cookie', cookies.renewed(request, token))
    send(response, 204)
    return (await own.find(token)).owner
  }

  /** A change that needs the recent proof. It answers with what the work gives, if anything. */
  function change<Shape extends z.ZodType>(
    shape: Shape,
    work: (mine: RecentSession, input: z.output<Shape>) => Promise<unknown>,
  ): Action {
    return async ({ request, response }) => {
      const input = await readInput(shape, request)
      const mine = await recent(request)
      const given = await work(mine, input)
      send(response, given === undefined ? 204 : 200, given)
      return mine.owner
    }
  }

  const actions = {
    async reauthenticate(sent) {
      const proof = await readInput(ProofAgain, sent.request)
      const token = await tokenOf(sent.request)
      return renewed(sent, await own.reauthenticate(token, { ...proof, ...from(sent.request) }))
    },
    async 'change-password'(sent) {
      const { request } = sent
      const { current, password: newPassword } = await readInput(PasswordChange, request)
      const given = { password: current, newPassword, ...from(request) }
      return renewed(sent, await own.changePassword(await tokenOf(request), given))
    },
    async rename({ request, response }) {
      const { name } = await readInput(Rename, request)
      const mine = await session(request)
      await own.rename(mine, name)
      send(response, 204)
      return mine.owner
    },
    'end-session': change(Named, (mine, { id }) => own.endSession(mine, id)),
    'end-other-sessions': change(Nothing, (mine) => own.endOtherSessions(mine)),
    'create-api-key': change(NewApiKey, async (mine, { name, days }) => ({
      key: await own.createApiKey(mine, { name, days }),
    })),
    'revoke-api-key': change(Named, (mine, { id }) => own.revokeApiKey(mine, id)),
    'confirm-api-key': change(Named, (mine, { id }) => own.confirmApiKey(mine, id)),
    'create-invite': change(Nothing, async (mine) => ({ url: urlOf(await own.invite(mine)) })),
    'withdraw-invite': change(Named, (mine, { id }) => own.withdrawInvite(mine, id)),
    /** Whether the download may begin: a browser shows nothing of one that is refused. */
    'begin-export': change(Nothing, async () => undefined),
    async 'delete-account'({ request, response }) {
      await readInput(Nothing, request)
      const mine = await recent(request)
      await own.delete(mine)
      await noteDeleted(mine.owner)
      response.setHeader('set-cookie', cookies.signedOut(request))
      send(response, 204)
      return mine.owner
    },
  } satisfies Readonly<Record<string, Action>>

  /**
   * Behind a link of the page, so that the browser writes it to a file as it comes. A link sends no header, so the
   * address names the account.
   */
  async function download({ request, response }: Sent): Promise<string> {
    if (/^(same-site|cross-site)$/.test(String(request.headers['sec-fetch-site']))) {
      throw new RefusalError('forbidden')
    }
    const mine = await recent(request)
    const { searchParams } = new URL(request.url ?? '', 'http://localhost')
    if (searchParams.get('account') !== mine.owner) throw new RefusalError('other_account')
    const lines = Readable.from(exportOf(mine.owner))
    // Until the first todos are there a failure is a refusal; later it ends the connection.
    await once(lines, 'readable')
    response.writeHead(200, {
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="todos-${new Date().toISOString().slice(0, 10)}.json"`,
    })
    await pipeline(lines, response).catch(unlessGone)
    return mine.owner
  }

  return {
    actions,
    download,
    async show({ request, response }: Sent): Promise<void> {
      send(response, 200, await own.show(await session(request)))
    },
  }
}
