import { noAccount } from './links.ts'
import type { Query } from './query.ts'

/** Text for a person, with times in UTC. */
export type ListedAccount = Readonly<Record<'email' | 'owner' | 'created' | 'lastUsed', string>>

export async function listAccounts(query: Query): Promise<ListedAccount[]> {
  // Each column is text.
  return (await query(listed, [])) as ListedAccount[]
}

const minute = (value: string) => `to_char(${value}, 'YYYY-MM-DD HH24:MI')`

const listed = `
  select email, owner, ${minute('created_at')} as created, coalesce(${minute(`greatest(
    (select max(updated_at) from auth_session where user_id = auth_user.id),
    (select max(last_used_at) from api_key where user_id = auth_user.id)
  )`)}, 'never') as "lastUsed"
  from auth_user order by created_at`

/** @throws Error when no account has this e-mail address */
export async function ownerOfAccount(query: Query, email: string): Promise<string> {
  const [user] = await query('select owner from auth_user where email = $1', [email.toLowerCase()])
  if (user === undefined) throw noAccount(email)
  return String(user.owner)
}

/** Text for a person, with times in UTC. */
export type ListedSession = Readonly<Record<'email' | 'device' | 'signedIn' | 'lastUsed', string>>

/** Those that have not ended. */
export async function listSessions(query: Query): Promise<ListedSession[]> {
  // Each column is text.
  return (await query(listedSessions, [])) as ListedSession[]
}

const listedSessions = `
  select email, coalesce(nullif(user_agent, ''), 'Unknown device') as device,
    ${minute('auth_session.created_at')} as "signedIn", ${minute('auth_session.updated_at')} as "lastUsed"
  from auth_session join auth_user on auth_user.id = user_id
  where expires_at > now() order by email, auth_session.updated_at desc`

/** Ends the sessions of an account; a running server learns of it within five seconds. */
export async function endSessions(query: Query, email: string): Promise<number> {
  const [user] = await query('select id from auth_user where email = $1', [email.toLowerCase()])
  if (user === undefined) throw noAccount(email)
  const ended = await query('delete from auth_session where user_id = $1 returning id', [user.id])
  return ended.length
}

/**
 * Removes the passkeys, the app and the recovery codes of an account, and ends its sessions: a lost device may be
 * signed in. The password is asked for as before.
 *
 * @throws Error when no account has this e-mail address
 */
export async function resetSecondFactor(query: Query, email: string): Promise<void> {
  const found = await query(
    `with removed as (
      delete from second_factor where user_id in (select id from auth_user where email = $1)
    ), ended as (
      delete from auth_session where user_id in (select id from auth_user where email = $1)
    )
    select id from auth_user where email = $1`,
    [email.toLowerCase()],
  )
  if (found.length === 0) throw noAccount(email)
}

/**
 * One statement: the account, its password, sessions, API keys and links are gone, and its owner is
 * recorded, or nothing happens. Its todos and keys are removed later: another process may have the
 * session in its cache, and a request in progress may still commit.
 *
 * @returns the owner
 * @throws Error when no account has this e-mail address
 */
export async function deleteAccount(query: Query, email: string): Promise<string> {
  const [deleted] = await query(
    `with gone as (delete from auth_user where email = $1 returning owner)
      insert into deleted_owner (owner) select owner from gone returning owner`,
    [email.toLowerCase()],
  )
  if (deleted === undefined) throw noAccount(email)
  return String(deleted.owner)
}
