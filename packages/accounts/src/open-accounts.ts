import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { RefusalError } from '@idem/contract/refusal'
import { type CallerLookup, createCallerLookup } from './caller-lookup.ts'
import { type CredentialsSettings, openCredentials } from './credentials.ts'
import { deviceName } from './device-name.ts'
import { claimLink, createFirstLink, expectLink, type Link, resetPassword } from './links.ts'
import { createOwnActions, type OwnActions, type PasswordCheck } from './own-actions.ts'
import { hashPassword, verifyPassword } from './password-hash.ts'
import { readPasswordPolicy } from './password-policy.ts'
import type { Query } from './query.ts'
import { countAttempt } from './throttle.ts'
import { createTurns } from './turns.ts'

export type AccountsSettings = CredentialsSettings & {
  readonly query: Query
  /** The secret before the last change. */
  readonly previousSecret?: string | undefined
}

export type SignedIn = {
  readonly account: string
  /** The value of the session cookie. */
  readonly token: string
  /** The value of the cookie by which a device is known; it signs nobody in. */
  readonly device: string
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
  readonly signIn: (given: SignIn) => Promise<SignedIn>
  /** Returns the owner. */
  readonly signOut: (token: string) => Promise<string | undefined>
  readonly claim: (given: Claim) => Promise<SignedIn>
  /** Returns the owner. */
  readonly reset: (given: Pick<Claim, 'token' | 'password'>) => Promise<string>
  readonly own: OwnActions
}

/** Who may sign in, and who is signed in. */
export async function openAccounts({ query, ...settings }: AccountsSettings): Promise<Accounts> {
  const credentials = await openCredentials(settings)
  const expectGoodPassword = await readPasswordPolicy(settings.origin)
  const lookup = createCallerLookup(query)
  const devices = createDevices(settings)
  const inTurn = createTurns()
  // An unknown address takes as long as a known one with a wrong password.
  const unknown = await hashPassword(randomUUID())

  async function signedIn(user: User, { email, userAgent }: Pick<SignIn, 'email' | 'userAgent'>) {
    const token = await credentials.startSession(user.id, deviceName(userAgent))
    return { account: user.owner, token, device: devices.issue(email.toLowerCase()) }
  }

  /** Undefined when the address or the password is wrong. */
  async function userOf({ email: written, password, address, device }: PasswordCheck) {
    const email = written.toLowerCase()
    const known = devices.isKnown(device, email) ? device : undefined
    const takeBack = await countAttempt(query, { kind: 'password', email, address, device: known })
    const user = await credentials.find(email)
    const hash = user?.passwordHash ?? unknown
    const isRight = await inTurn(() => verifyPassword({ hash, password }))
    if (user === undefined || !isRight) return undefined
    await takeBack()
    return user
  }

  async function signIn(given: SignIn): Promise<SignedIn> {
    const user = await userOf(given)
    if (user === undefined) throw new RefusalError('unauthenticated')
    return signedIn(user, given)
  }

  const hash = (password: string) => inTurn(() => hashPassword(password))

  return {
    ownerOf: lookup.ownerOf,
    firstLink: () => createFirstLink(query),
    async session(token) {
      const account = await lookup.ownerOf(token)
      const [user] = await query('select name, email from auth_user where owner = $1', [account])
      return (
        user && { account: String(account), name: String(user.name), email: String(user.email) }
      )
    },
    signIn,
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
      const owner = await resetPassword(query, { token, passwordHash })
      lookup.endAll()
      return owner
    },
    own: createOwnActions({ query, lookup, userOf, hash, expectGoodPassword }),
  }
}

type User = { readonly id: string; readonly owner: string }

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
      const [id = '', signature = ''] = (device ?? '').split('.', 2)
      const given = Buffer.from(signature)
      return [secret, previousSecret ?? secret].some((by) => {
        const expected = Buffer.from(sign(id, email, by))
        return given.length === expected.length && timingSafeEqual(given, expected)
      })
    },
  }
}
