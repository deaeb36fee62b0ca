import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { RefusalError } from '@idem/contract/refusal'
import { type CredentialsSettings, openCredentials } from './credentials/credentials.ts'
import { claimLink, createFirstLink, expectLink, type Link, resetPassword } from './links.ts'
import { createOwnActions, type OwnActions, type PasswordCheck } from './own/own-actions.ts'
import { createHashingTurns } from './password/hashing-turns.ts'
import { hashPassword, verifyPassword } from './password/password-hash.ts'
import { readPasswordPolicy } from './password/password-policy.ts'
import type { Query } from './query.ts'
import {
  type CodeAttempt,
  createSecondFactor,
  type SecondFactor,
} from './second-factor/create-second-factor.ts'
import {
  createOwnFactors,
  type OwnFactorActions,
  type PasskeyProof,
} from './second-factor/own-factors.ts'
import { resealTotp } from './second-factor/reseal-totp.ts'
import { createSeal } from './second-factor/seal.ts'
import { type Factors, factorsOf } from './second-factor/stored-factors.ts'
import { secretHash } from './secret-hash.ts'
import { type CallerLookup, createCallerLookup } from './session/caller-lookup.ts'
import { deviceName } from './session/device-name.ts'
import { createThrottle } from './throttle.ts'

export type AccountsSettings = CredentialsSettings & {
  readonly query: Query
  /** The secret before the last change. */
  readonly previousSecret?: string | undefined
  /** Whether an account without a second factor may only set one up. */
  readonly requiresSecondFactor?: boolean
  /** The clock of the database. */
  readonly now?: () => Date
  /** Called with the error of a last use of a session or API key that was not written. */
  readonly onUnwritten?: (error: unknown) => void
}

export type SignedIn = {
  readonly account: string
  /** The value of the session cookie. */
  readonly token: string
  /** The value of the cookie by which a device is known; it signs nobody in. */
  readonly device: string
  /** The session is good for setting up a second factor, and for nothing else. */
  readonly mustSetUp: boolean
}

/** The password was right, and the second factor is asked for. */
export type HalfSignedIn = {
  /** The value of the cookie that continues this. */
  readonly step: string
  readonly factors: Factors
}

/** Who is signed in, for the person to see. */
export type Session = { readonly account: string; readonly name: string; readonly email: string }

export type SignIn = {
  readonly email: string
  readonly password: string
  readonly address: string
  readonly device: string | undefined
  /** The header of the browser, of which only a few words are stored. */
  readonly userAgent?: string | undefined
}

export type Claim = Pick<SignIn, 'email' | 'password' | 'userAgent'> & {
  readonly token: string
  readonly name: string
}

export type Accounts = Pick<CallerLookup, 'ownerOf'> & {
  readonly firstLink: () => Promise<Link | undefined>
  /** The account of a session; undefined when it has ended. */
  readonly session: (token: string) => Promise<Session | undefined>
  readonly signIn: (given: SignIn) => Promise<SignedIn | HalfSignedIn>
  readonly signInByCode: (given: SignInByCode) => Promise<SignedIn>
  readonly askPasskey: SecondFactor['askPasskey']
  readonly signInByPasskey: (given: PasskeyProof & Pick<SignIn, 'userAgent'>) => Promise<SignedIn>
  /** Returns the owner. */
  readonly signOut: (token: string) => Promise<string | undefined>
  readonly claim: (given: Claim) => Promise<SignedIn>
  /** Returns the owner. */
  readonly reset: (given: Pick<Claim, 'token' | 'password'>) => Promise<string>
  readonly own: OwnActions
  readonly ownFactors: OwnFactorActions
}

export type SignInByCode = Pick<CodeAttempt, 'code'> &
  Pick<SignIn, 'address' | 'device' | 'userAgent'> & { readonly step: string | undefined }

/** Who may sign in, and who is signed in. */
export async function openAccounts({
  query,
  requiresSecondFactor = false,
  now = () => new Date(),
  onUnwritten,
  ...settings
}: AccountsSettings): Promise<Accounts> {
  const credentials = await openCredentials(settings)
  const expectGoodPassword = await readPasswordPolicy(settings.origin)
  const lookup = createCallerLookup(query, { requiresSecondFactor, onUnwritten })
  const seal = createSeal(settings)
  if (settings.previousSecret !== undefined) await resealTotp(query, seal)
  const countAttempt = createThrottle(query)
  const { origin } = settings
  const factor = createSecondFactor({ query, seal, countAttempt, now, origin })
  const devices = createDevices(settings)
  const inTurn = createHashingTurns()
  // An unknown address takes as long as a known one with a wrong password.
  const unknown = await hashPassword(randomUUID())

  async function signedIn(user: User, { email, userAgent }: Pick<SignIn, 'email' | 'userAgent'>) {
    const session = { userId: user.id, device: deviceName(userAgent), isByTwoFactors: false }
    const token = await credentials.startSession(session)
    await expectPassword(passwordIdOf(user), { userId: user.id, token })
    const device = devices.issue(email.toLowerCase())
    return { account: user.owner, token, device, mustSetUp: requiresSecondFactor }
  }

  async function signedInByTwoFactors(userId: string, userAgent: string | undefined) {
    const [user] = await query('select owner, email from auth_user where id = $1', [userId])
    if (user === undefined) throw new RefusalError('unauthenticated')
    const session = { userId, device: deviceName(userAgent), isByTwoFactors: true }
    const token = await credentials.startSession(session)
    const device = devices.issue(String(user.email))
    return { account: String(user.owner), token, device, mustSetUp: false }
  }

  const knownTo = (device: string | undefined) => (email: string) =>
    devices.isKnown(device, email) ? device : undefined

  /**
   * A new password ends all sessions, but not one that begins with the password before while it is set. The lock
   * waits for a change that is on its way.
   */
  async function expectPassword(
    passwordId: string,
    { userId, token }: { readonly userId: string; readonly token: string },
  ): Promise<void> {
    const same = await query(
      `select user_id from auth_account where provider_id = 'credential' and user_id = $1
        and encode(sha256(convert_to(password, 'UTF8')), 'hex') = $2 for share`,
      [userId, passwordId],
    )
    if (same.length > 0) return
    await credentials.endSession(token)
    throw new RefusalError('unauthenticated')
  }

  /** Undefined when the address or the password is wrong. */
  async function userOf({ email: written, password, address, device }: PasswordCheck) {
    const email = written.toLowerCase()
    const known = knownTo(device)(email)
    const takeBack = await countAttempt({ kind: 'password', email, address, device: known })
    const look = async () => {
      const user = await credentials.find(email)
      const hash = user?.passwordHash ?? unknown
      return { user, isRight: await inTurn(() => verifyPassword({ hash, password })) }
    }
    const { user, isRight } = await look().catch(async (error: unknown) => {
      // Nothing was looked at: a flood that takes all turns would otherwise use up the attempts of people.
      await takeBack()
      throw error
    })
    if (user === undefined || !isRight) return undefined
    await takeBack()
    return user
  }

  async function signIn(given: SignIn): Promise<SignedIn | HalfSignedIn> {
    const user = await userOf(given)
    if (user === undefined) throw new RefusalError('unauthenticated')
    const email = given.email.toLowerCase()
    const half = await factor.ask({ userId: user.id, email, passwordId: passwordIdOf(user) })
    return half ?? signedIn(user, given)
  }

  const source = { query, requiresSecondFactor }
  const hash = (password: string) => inTurn(() => hashPassword(password))

  const own = createOwnActions({
    ...{ ...source, lookup, userOf, hash, expectGoodPassword },
    hasSecondFactor: async (userId) => (await factorsOf(query, userId)) !== undefined,
    expectCode: (person, { device, ...given }) =>
      factor.expectCode(person, { ...given, deviceOf: knownTo(device) }),
  })
  return {
    ownerOf: lookup.ownerOf,
    firstLink: () => createFirstLink(query),
    async session(token) {
      const account = await lookup.ownerOf(token)
      if (account === undefined) return undefined
      const [user] = await query('select name, email from auth_user where owner = $1', [account])
      return user && { account, name: String(user.name), email: String(user.email) }
    },
    signIn,
    async signInByCode({ device, userAgent, ...given }) {
      const { userId, passwordId } = await factor.proveByCode({
        ...given,
        deviceOf: knownTo(device),
      })
      const signed = await signedInByTwoFactors(userId, userAgent)
      await expectPassword(passwordId, { userId, token: signed.token })
      return signed
    },
    askPasskey: factor.askPasskey,
    async signInByPasskey({ step, response, userAgent }) {
      return signedInByTwoFactors(await factor.proveByPasskey(step, response), userAgent)
    },
    async signOut(token) {
      const owner = await lookup.ownerOf(token)
      await credentials.endSession(token)
      lookup.end(token)
      return owner
    },
    async claim({ token, email, name, password, userAgent }) {
      await expectLink(query, token)
      expectGoodPassword(password, email, name)
      const passwordHash = await hash(password)
      await claimLink(query, { token, email, name, passwordHash })
      const user = await credentials.find(email)
      if (user === undefined) throw new RefusalError('unauthenticated')
      return signedIn(user, { email, userAgent })
    },
    async reset({ token, password }) {
      expectGoodPassword(password, ...(await expectLink(query, token)))
      const passwordHash = await hash(password)
      const owner = await resetPassword(settings.prisma, { token, passwordHash })
      lookup.endAll()
      return owner
    },
    own,
    ownFactors: createOwnFactors({ ...source, factor, renew: own.renew, forget: lookup.endAll }),
  }
}

type User = { readonly id: string; readonly owner: string; readonly passwordHash: string }

/** Differs after each change: the salt does. */
function passwordIdOf({ passwordHash }: User): string {
  return secretHash(passwordHash)
}

type Secrets = Pick<AccountsSettings, 'secret' | 'previousSecret'>

/**
 * A device is known to an account by a random id and its signature, which only this installation makes. After
 * a change of the secret the previous one is accepted too.
 */
function createDevices({ secret, previousSecret }: Secrets) {
  const sign = (id: string, email: string, by = secret) =>
    createHmac('sha256', by).update(`device ${id} ${email}`).digest('base64url')
  return {
    issue(email: string): string {
      const id = randomUUID()
      return `${id}.${sign(id, email)}`
    },
    isKnown(device: string | undefined, email: string): boolean {
      const [id = '', signature = '', ...more] = (device ?? '').split('.')
      const given = Buffer.from(signature)
      // Attempts are counted by the whole text, so nothing may be added to it.
      if (more.length > 0) return false
      return [secret, previousSecret ?? secret].some((by) => {
        const expected = Buffer.from(sign(id, email, by))
        return given.length === expected.length && timingSafeEqual(given, expected)
      })
    },
  }
}
