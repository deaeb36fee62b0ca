import { RefusalError } from '@idem/contract/refusal'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { Query } from '../query.ts'
import type { Throttle } from '../throttle.ts'
import { replaceRecoveryCodes, spendRecoveryCode } from './recovery-codes.ts'
import type { Seal } from './seal.ts'
import { createSteps } from './steps.ts'
import {
  type Adding,
  addPasskey,
  countPasskeyUse,
  countTotpUse,
  type Factors,
  factorsOf,
  findPasskey,
  setTotp,
} from './stored-factors.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'
import { createWebauthn, type Person } from './webauthn.ts'

type Settings = {
  readonly query: Query
  readonly seal: Seal
  readonly countAttempt: Throttle
  /** The public origin. */
  readonly origin: string
  /** The clock of the database. */
  readonly now: () => Date
}

/** Attempts are counted for these, as those of passwords. */
export type CodeAttempt = {
  readonly code: string
  readonly address: string
  /** Known to the account. */
  readonly deviceOf: (email: string) => string | undefined
}

type StepAttempt = CodeAttempt & { readonly step: string | undefined }

type Known = { readonly userId: string; readonly email: string }

/** Whose password was right. */
type HalfKnown = Known & {
  /** Tells this password from the next one. */
  readonly passwordId: string
}

export type SecondFactor = ReturnType<typeof createSecondFactor>

/** The second proof of a person: a passkey, a code of an app, or a recovery code. */
export function createSecondFactor({ query, seal, countAttempt, origin, now }: Settings) {
  const steps = createSteps({ query, seal, now })
  const webauthn = createWebauthn(origin)
  const issuer = new URL(origin).hostname

  async function isTotp(userId: string, code: string): Promise<boolean> {
    const [row] = await query('select totp, totp_step from second_factor where user_id = $1', [
      userId,
    ])
    const secret = typeof row?.totp === 'string' ? seal.open(`totp ${userId}`, row.totp) : undefined
    if (secret === undefined) return false
    const step = totpStep({ secret, code, now: now(), after: Number(row?.totp_step) })
    return step !== undefined && (await countTotpUse(query, { userId, step }))
  }

  /**
   * A code of the app, or a recovery code, each good once.
   *
   * @throws RefusalError `invalid_input` when the code is wrong, `too_many`
   */
  async function expectCode(
    { userId, email }: Known,
    { code, address, deviceOf }: CodeAttempt,
  ): Promise<void> {
    const attempt = { kind: 'code', email, address, device: deviceOf(email) } as const
    const takeBack = await countAttempt(attempt)
    const plain = code.replace(/[\s-]/g, '')
    const isRight = /^\d{6}$/.test(plain)
      ? await isTotp(userId, plain)
      : await spendRecoveryCode(query, { userId, code })
    if (!isRight) throw new RefusalError('invalid_input', { paths: ['code'] })
    await takeBack()
  }

  return {
    expectCode,

    /** Undefined when the password is enough. */
    async ask(user: HalfKnown): Promise<{ step: string; factors: Factors } | undefined> {
      const factors = await factorsOf(query, user.userId)
      return factors && { step: steps.begin({ kind: 'sign-in', ...user }), factors }
    },

    /** @throws RefusalError `forbidden` without the password before, and those of `expectCode` */
    async proveByCode({ step, ...given }: StepAttempt): Promise<HalfKnown> {
      const known = steps.open('sign-in', step)
      await steps.expectUnused(step)
      await expectCode(known, given)
      await steps.use(step)
      return known
    },

    async askPasskey() {
      const challenge = webauthn.newChallenge()
      const options = await webauthn.requestOptions(challenge)
      return { options, step: steps.begin({ kind: 'passkey', challenge }) }
    },

    /**
     * Returns whose it is.
     *
     * @throws RefusalError `forbidden`
     */
    async proveByPasskey(
      step: string | undefined,
      response: AuthenticationResponseJSON,
    ): Promise<string> {
      const { challenge } = steps.open('passkey', step)
      const key = await findPasskey(query, response.id)
      if (key === undefined) throw new RefusalError('forbidden')
      const { id, userId } = key
      const { userHandle } = response.response
      const isOfUser =
        userHandle === undefined || Buffer.from(userHandle, 'base64url').toString() === userId
      if (!isOfUser) throw new RefusalError('forbidden')
      const counter = await webauthn.verifyAssertion(response, { key, challenge })
      await steps.use(step)
      await countPasskeyUse(query, { id, counter })
      return userId
    },

    async askNewPasskey(person: Person) {
      const challenge = webauthn.newChallenge()
      const { userId } = person
      const rows = await query('select id from passkey where user_id = $1', [userId])
      const existing = rows.map(({ id }) => String(id))
      return {
        options: await webauthn.creationOptions(person, { challenge, existing }),
        step: steps.begin({ kind: 'new-passkey', userId, challenge }),
      }
    },

    /** @throws RefusalError `forbidden` */
    async addPasskey(adding: Adding, { step, name, response }: NewPasskey): Promise<void> {
      const { userId, challenge } = steps.open('new-passkey', step)
      if (userId !== adding.userId) throw new RefusalError('forbidden')
      const key = await webauthn.verifyCreation(response, challenge)
      await steps.use(step)
      await addPasskey(query, adding, { ...key, name })
    },

    askNewTotp({ userId, email }: Known) {
      const secret = newTotpSecret()
      return {
        ...{ secret, uri: totpUri(secret, { issuer, email }) },
        step: steps.begin({ kind: 'new-totp', userId, secret }),
      }
    },

    /**
     * The first code shows that the app has the secret, and that the clocks agree.
     *
     * @throws RefusalError `forbidden`, or `invalid_input` when the code is wrong
     */
    async setTotp(adding: Adding, { step: begun, code }: NewTotp): Promise<void> {
      const { userId, secret } = steps.open('new-totp', begun)
      if (userId !== adding.userId) throw new RefusalError('forbidden')
      const plain = code.replace(/[\s-]/g, '')
      const step = totpStep({ secret, code: plain, now: now(), after: 0 })
      if (step === undefined) throw new RefusalError('invalid_input', { paths: ['code'] })
      await steps.use(begun)
      await setTotp(query, adding, { sealed: seal.seal(`totp ${userId}`, secret), step })
    },

    replaceRecoveryCodes: (userId: string) => replaceRecoveryCodes(query, userId),
  }
}

export type NewPasskey = {
  readonly step: string | undefined
  readonly name: string
  readonly response: RegistrationResponseJSON
}

export type NewTotp = { readonly step: string | undefined; readonly code: string }
