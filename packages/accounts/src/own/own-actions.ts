import { RefusalError } from '@idem/contract/refusal'
import { deleteAccount } from '../account-admin.ts'
import { createOwnApiKey, type NewApiKey } from '../api-keys.ts'
import { createInvite } from '../links.ts'
import type { PasswordPolicy } from '../password/password-policy.ts'
import type { CallerLookup } from '../session/caller-lookup.ts'
import {
  changeOwnPassword,
  confirmOwnApiKey,
  endOtherSessions,
  endOwnSession,
  expectMayInvite,
  renameOwnAccount,
  revokeOwnApiKey,
  showOwnAccount,
  withdrawInvite,
} from './own-account.ts'
import {
  expectRecent,
  findOwnSession,
  type OwnSession,
  type RecentSession,
  renewSession,
  type SessionSource,
} from './own-session.ts'

export type PasswordCheck = {
  readonly email: string
  readonly password: string
  readonly address: string
  readonly device: string | undefined
}

/** The password of the account, given again. */
export type PasswordAgain = Omit<PasswordCheck, 'email'>

/** All that signs in: where the account has a second factor, a code too. */
export type ProofAgain = PasswordAgain & { readonly code?: string | undefined }

type CodeAgain = Pick<PasswordCheck, 'address' | 'device'> & { readonly code: string }

type Settings = SessionSource & {
  readonly lookup: CallerLookup
  /** Counts the attempt; undefined when the password is wrong. */
  readonly userOf: (given: PasswordCheck) => Promise<{ readonly passwordHash: string } | undefined>
  readonly hasSecondFactor: (userId: string) => Promise<boolean>
  /** Counts the attempt. */
  readonly expectCode: (person: OwnSession, given: CodeAgain) => Promise<void>
  readonly hash: (password: string) => Promise<string>
  readonly expectGoodPassword: PasswordPolicy
}

export type OwnActions = ReturnType<typeof createOwnActions>

/** What a person does to the own account. Whatever gives or takes access needs a `RecentSession`. */
export function createOwnActions(settings: Settings) {
  const { query, lookup, userOf, hasSecondFactor, expectCode, hash, expectGoodPassword } = settings

  /** A stolen password alone must not change how one signs in. */
  async function expectFactor(session: OwnSession, { code = '', address, device }: ProofAgain) {
    if (!(await hasSecondFactor(session.userId))) return
    if (code === '') throw new RefusalError('invalid_input', { paths: ['code'] })
    await expectCode(session, { code, address, device })
  }

  /** The cache knows the session by its token before. */
  async function renew(session: OwnSession, before: string): Promise<string> {
    const token = await renewSession(query, session)
    lookup.end(before)
    return token
  }

  return {
    find: (token: string) => findOwnSession(settings, token),
    recent: (token: string) => expectRecent(settings, token),
    show: (session: OwnSession) => showOwnAccount(query, session),
    rename: (session: OwnSession, name: string) =>
      renameOwnAccount(query, { userId: session.userId, name }),

    /** After another proof than the password. Returns the new token of the session. */
    renew,

    /**
     * Returns the new token of the session.
     *
     * @throws RefusalError `reauthentication_required` when the password is wrong, `invalid_input` when the code is,
     * `too_many`
     */
    async reauthenticate(token: string, given: ProofAgain): Promise<string> {
      const session = await findOwnSession(settings, token)
      const user = await userOf({ ...given, email: session.email })
      if (user === undefined) throw new RefusalError('reauthentication_required')
      await expectFactor(session, given)
      return renew(session, token)
    },

    /**
     * Asks for the password that changes in any case. Returns the new token of the session.
     *
     * @throws RefusalError `invalid_input` when that is wrong, `too_many`, and `reauthentication_required`
     */
    async changePassword(
      token: string,
      { newPassword, ...given }: PasswordAgain & { readonly newPassword: string },
    ): Promise<string> {
      const session = await findOwnSession(settings, token)
      if (await hasSecondFactor(session.userId)) await expectRecent(settings, token)
      expectGoodPassword(newPassword, session.email, session.name)
      const user = await userOf({ ...given, email: session.email })
      if (user === undefined) throw new RefusalError('invalid_input', { paths: ['current'] })
      const passwordHash = await hash(newPassword)
      await changeOwnPassword(query, session, { passwordHash, before: user.passwordHash })
      lookup.endAll()
      return renew(session, token)
    },

    async endSession(session: RecentSession, id: string): Promise<void> {
      await endOwnSession(query, session, id)
      lookup.endAll()
    },
    async endOtherSessions(session: RecentSession): Promise<void> {
      await endOtherSessions(query, session)
      lookup.endAll()
    },

    createApiKey: (session: RecentSession, wanted: NewApiKey) =>
      createOwnApiKey(query, session, wanted),
    async revokeApiKey(session: RecentSession, id: string): Promise<void> {
      await revokeOwnApiKey(query, session, id)
      lookup.endAll()
    },
    async confirmApiKey(session: RecentSession, id: string): Promise<void> {
      await confirmOwnApiKey(query, session, id)
      lookup.endAll()
    },

    /** A link for one more account. */
    async invite(session: RecentSession) {
      expectMayInvite(session)
      return createInvite(query, session.userId)
    },
    withdrawInvite: (session: RecentSession, id: string) => withdrawInvite(query, session, id),
    async delete({ email }: RecentSession): Promise<void> {
      await deleteAccount(query, email)
      lookup.endAll()
    },
  }
}
