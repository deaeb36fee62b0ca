import { RefusalError } from '@idem/contract/refusal'
import { deleteAccount } from '../account-admin.ts'
import { createApiKey } from '../api-keys.ts'
import type { CallerLookup } from '../caller-lookup.ts'
import { createInvite } from '../links.ts'
import type { PasswordPolicy } from '../password-policy.ts'
import {
  changeOwnPassword,
  confirmOwnApiKey,
  endOtherSessions,
  endOwnSession,
  expectMayInvite,
  renameOwnAccount,
  revokeOwnApiKey,
  showOwnAccount,
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

type Settings = SessionSource & {
  readonly lookup: CallerLookup
  /** Counts the attempt; undefined when the password is wrong. */
  readonly userOf: (given: PasswordCheck) => Promise<{ readonly passwordHash: string } | undefined>
  readonly hash: (password: string) => Promise<string>
  readonly expectGoodPassword: PasswordPolicy
}

export type OwnActions = ReturnType<typeof createOwnActions>

/** What a person does to the own account. Whatever gives or takes access needs a `RecentSession`. */
export function createOwnActions(settings: Settings) {
  const { query, lookup, userOf, hash, expectGoodPassword } = settings

  /** @throws RefusalError `reauthentication_required` when the password is wrong, `too_many` */
  async function expectPassword({ email }: OwnSession, given: PasswordAgain): Promise<string> {
    const user = await userOf({ ...given, email })
    if (user === undefined) throw new RefusalError('reauthentication_required')
    return user.passwordHash
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

    /** Returns the new token of the session. */
    async reauthenticate(token: string, given: PasswordAgain): Promise<string> {
      const session = await findOwnSession(settings, token)
      await expectPassword(session, given)
      return renew(session, token)
    },

    /** Asks for the password that changes in any case. Returns the new token of the session. */
    async changePassword(
      token: string,
      { newPassword, ...given }: PasswordAgain & { readonly newPassword: string },
    ): Promise<string> {
      const session = await findOwnSession(settings, token)
      expectGoodPassword(newPassword, session.email, session.name)
      const before = await expectPassword(session, given)
      await changeOwnPassword(query, session, { passwordHash: await hash(newPassword), before })
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

    createApiKey: (
      { email }: RecentSession,
      wanted: { readonly name: string; readonly days: number | undefined },
    ) => createApiKey(query, { email, ...wanted }),
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
      return createInvite(query)
    },
    async delete({ email }: RecentSession): Promise<void> {
      await deleteAccount(query, email)
      lookup.endAll()
    },
  }
}
