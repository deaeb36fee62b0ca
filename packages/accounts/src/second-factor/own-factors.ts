import type { OwnFactors, OwnPasskey } from '@idem/contract/own-factors'
import { RefusalError } from '@idem/contract/refusal'
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import {
  expectRecent,
  expectRecentSetUp,
  findOwnSession,
  findSetUpSession,
  type OwnSession,
  type RecentSession,
  type SessionSource,
} from '../own/own-session.ts'
import type { NewPasskey, NewTotp, SecondFactor } from './create-second-factor.ts'
import { factorsOf } from './stored-factors.ts'

type Settings = SessionSource & {
  readonly factor: SecondFactor
  /** Continues the session under a new token, which it returns. */
  readonly renew: (session: OwnSession, before: string) => Promise<string>
  /** Forgets who is signed in. */
  readonly forget: () => void
}

export type OwnFactorActions = ReturnType<typeof createOwnFactors>

/** The session continues as one by two factors. */
export type Added = {
  readonly owner: string
  /** The new token of the session. */
  readonly token: string
  /** With the first factor, to be shown once. */
  readonly recoveryCodes: readonly string[] | undefined
}

/** What a person does to the own second factors. */
export function createOwnFactors(settings: Settings) {
  const { query, requiresSecondFactor, factor, renew, forget } = settings

  /**
   * From now on a session by the password alone is good for nothing. That of another device is removed too, so that
   * its person is asked to sign in and not shown an old list.
   */
  async function added(session: RecentSession, before: string): Promise<Added> {
    const token = await renew({ ...session, isByTwoFactors: true }, before)
    await query('delete from auth_session where user_id = $1 and not second_factor', [
      session.userId,
    ])
    forget()
    const { userId, owner } = session
    const left = await query('select 1 from recovery_code where user_id = $1 limit 1', [userId])
    const recoveryCodes = left.length > 0 ? undefined : await factor.replaceRecoveryCodes(userId)
    return { owner, token, recoveryCodes }
  }

  /** The last one goes with its recovery codes; where one is required it stays. */
  async function expectOther({ userId }: RecentSession, kept: string): Promise<void> {
    if (!requiresSecondFactor) return
    const others = await query(
      `select 1 from second_factor where user_id = $1 and totp is not null and $2 <> 'totp'
        union all select 1 from passkey where user_id = $1 and id <> $2`,
      [userId, kept],
    )
    if (others.length === 0) throw new RefusalError('forbidden')
  }

  async function endIfLast({ userId }: RecentSession): Promise<void> {
    await query(
      `delete from second_factor where user_id = $1 and totp is null
        and not exists (select 1 from passkey where passkey.user_id = $1)`,
      [userId],
    )
    forget()
  }

  return {
    find: (token: string) => findSetUpSession(settings, token),

    async show({ userId }: OwnSession): Promise<OwnFactors> {
      const [row] = await query(shown, [userId])
      return {
        isRequired: requiresSecondFactor,
        hasTotp: row?.totp === true,
        // Each member has the form of the type.
        passkeys: (row?.passkeys ?? []) as OwnPasskey[],
        recoveryCodes: Number(row?.codes),
      }
    },

    async askNewPasskey(token: string) {
      return factor.askNewPasskey(await expectRecentSetUp(settings, token))
    },
    async addPasskey(token: string, given: NewPasskey): Promise<Added> {
      const session = await expectRecentSetUp(settings, token)
      await factor.addPasskey(session, given)
      return added(session, token)
    },
    async askNewTotp(token: string) {
      return factor.askNewTotp(await expectRecentSetUp(settings, token))
    },
    async setTotp(token: string, given: NewTotp): Promise<Added> {
      const session = await expectRecentSetUp(settings, token)
      await factor.setTotp(session, given)
      return added(session, token)
    },

    async renamePasskey(
      token: string,
      { id, name }: { readonly id: string; readonly name: string },
    ): Promise<string> {
      const { userId, owner } = await findOwnSession(settings, token)
      const renamed = await query(
        'update passkey set name = $3 where user_id = $1 and id = $2 returning id',
        [userId, id, name],
      )
      if (renamed.length === 0) throw new RefusalError('not_found')
      return owner
    },
    async removePasskey(token: string, id: string): Promise<string> {
      const session = await expectRecent(settings, token)
      await expectOther(session, id)
      const removed = await query(
        'delete from passkey where user_id = $1 and id = $2 returning id',
        [session.userId, id],
      )
      if (removed.length === 0) throw new RefusalError('not_found')
      await endIfLast(session)
      return session.owner
    },
    async removeTotp(token: string): Promise<string> {
      const session = await expectRecent(settings, token)
      await expectOther(session, 'totp')
      await query('update second_factor set totp = null where user_id = $1', [session.userId])
      await endIfLast(session)
      return session.owner
    },
    async newRecoveryCodes(token: string) {
      const { userId, owner } = await expectRecent(settings, token)
      if ((await factorsOf(query, userId)) === undefined) throw new RefusalError('forbidden')
      return { owner, recoveryCodes: await factor.replaceRecoveryCodes(userId) }
    },

    /** Gives the proof again, by a passkey in place of the password. Returns the new token of the session. */
    async reauthenticate(
      token: string,
      { step, response }: PasskeyProof,
    ): Promise<Pick<Added, 'owner' | 'token'>> {
      const session = await findOwnSession(settings, token)
      const userId = await factor.proveByPasskey(step, response)
      if (userId !== session.userId) throw new RefusalError('forbidden')
      return {
        owner: session.owner,
        token: await renew({ ...session, isByTwoFactors: true }, token),
      }
    },
  }
}

export type PasskeyProof = {
  readonly step: string | undefined
  readonly response: AuthenticationResponseJSON
}

const iso = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

const shown = `
  select (select totp is not null from second_factor where user_id = $1) as totp,
    (select count(*)::int from recovery_code where user_id = $1) as codes,
    (select json_agg(json_build_object('id', id, 'name', name, 'createdAt', ${iso('created_at')},
        'lastUsedAt', ${iso('last_used_at')}) order by created_at desc, id)
      from passkey where user_id = $1) as passkeys`
