import type { OpenInvite, OwnAccount, OwnApiKey, OwnDevice } from '@idem/contract/own-account'
import { RefusalError } from '@idem/contract/refusal'
import type { Query } from '../query.ts'
import type { OwnSession, RecentSession } from './own-session.ts'

/** The owner of the first account. Its link was printed in the operator's terminal, so it is the operator. */
const mayInvite = 'local'

export async function showOwnAccount(query: Query, session: OwnSession): Promise<OwnAccount> {
  const { owner, name, email, userId, id } = session
  const [devices, apiKeys, invites] = await Promise.all([
    query(ownDevices, [userId, id]),
    query(ownApiKeys, [userId]),
    owner === mayInvite ? query(openInvites, [userId]) : [],
  ])
  return {
    ...{ account: owner, name, email, mayInvite: owner === mayInvite },
    // Each column has the form of the type.
    sessions: devices as OwnDevice[],
    apiKeys: apiKeys as OwnApiKey[],
    invites: invites as OpenInvite[],
  }
}

const iso = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

const ownDevices = `
  select id, coalesce(nullif(user_agent, ''), 'Unknown device') as device, id = $2 as "isThis",
    ${iso('created_at')} as "signedInAt", ${iso('updated_at')} as "lastUsedAt"
  from auth_session where user_id = $1 and expires_at > now()
  order by id = $2 desc, updated_at desc, id`

const ownApiKeys = `
  select id, name, ${iso('created_at')} as "createdAt", ${iso('expires_at')} as "expiresAt",
    ${iso('last_used_at')} as "lastUsedAt",
    case when expires_at <= now() then 'expired' when disabled_at is not null then 'not_confirmed'
      else 'in_use' end as state
  from api_key where user_id = $1 order by created_at desc, id`

// The hash of a token makes no account.
const openInvites = `
  select token as id, coalesce(created_by = $1, false) as "isOwn",
    ${iso('created_at')} as "createdAt", ${iso('expires_at')} as "expiresAt"
  from invite where user_id is null and not is_first and expires_at > now()
  order by created_at desc, token`

export async function renameOwnAccount(
  query: Query,
  { userId, name }: Pick<OwnSession, 'userId' | 'name'>,
): Promise<void> {
  await query('update auth_user set name = $2, updated_at = now() where id = $1', [userId, name])
}

/** Ends one other device; one that does not exist, has ended or belongs to another account is not found. */
export async function endOwnSession(
  query: Query,
  { userId, id: own }: RecentSession,
  id: string,
): Promise<void> {
  const ended = await query(
    'delete from auth_session where user_id = $1 and id = $2 and id <> $3 returning id',
    [userId, id, own],
  )
  if (ended.length === 0) throw new RefusalError('not_found')
}

export async function endOtherSessions(query: Query, { userId, id }: RecentSession): Promise<void> {
  await query('delete from auth_session where user_id = $1 and id <> $2', [userId, id])
}

/** One that does not exist, was revoked or belongs to another account is not found. */
export async function revokeOwnApiKey(
  query: Query,
  { userId }: RecentSession,
  id: string,
): Promise<void> {
  const revoked = await query('delete from api_key where user_id = $1 and id = $2 returning id', [
    userId,
    id,
  ])
  if (revoked.length === 0) throw new RefusalError('not_found')
}

/** Allows a key that a restore stopped. */
export async function confirmOwnApiKey(
  query: Query,
  { userId }: RecentSession,
  id: string,
): Promise<void> {
  const confirmed = await query(
    'update api_key set disabled_at = null where user_id = $1 and id = $2 returning id',
    [userId, id],
  )
  if (confirmed.length === 0) throw new RefusalError('not_found')
}

/** @throws RefusalError `forbidden` */
export function expectMayInvite({ owner }: RecentSession): void {
  if (owner !== mayInvite) throw new RefusalError('forbidden')
}

/**
 * A withdrawn link is unknown from then on; one that was used before is not found.
 *
 * @throws RefusalError `forbidden` or `not_found`
 */
export async function withdrawInvite(
  query: Query,
  session: RecentSession,
  id: string,
): Promise<void> {
  expectMayInvite(session)
  const withdrawn = await query(
    'delete from invite where token = $1 and user_id is null and not is_first returning token',
    [id],
  )
  if (withdrawn.length === 0) throw new RefusalError('not_found')
}

type NewPassword = { readonly passwordHash: string; readonly before: string }

/**
 * One statement: the password changes and the other devices are signed out, or, when the password is another one
 * by now, nothing happens. API keys stay: programs use them, and whoever doubts one revokes it.
 *
 * @throws RefusalError `reauthentication_required`
 */
export async function changeOwnPassword(
  query: Query,
  { userId, id }: OwnSession,
  { passwordHash, before }: NewPassword,
): Promise<void> {
  const changed = await query(
    `with changed as (
      update auth_account set password = $3, updated_at = now()
        where provider_id = 'credential' and user_id = $1 and password = $4 returning user_id
    ), ended as (
      delete from auth_session where user_id in (select user_id from changed) and id <> $2
    )
    select user_id from changed`,
    [userId, id, passwordHash, before],
  )
  if (changed.length === 0) throw new RefusalError('reauthentication_required')
}
