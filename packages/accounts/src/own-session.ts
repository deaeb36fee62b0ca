import { RefusalError } from '@idem/contract/refusal'
import type { Query } from './query.ts'
import { newToken, secretHash } from './secret-hash.ts'

/** The session by which a person changes the account. */
export type OwnSession = {
  readonly id: string
  readonly userId: string
  readonly owner: string
  readonly email: string
  readonly name: string
}

/** A session whose person proved within the last five minutes who they are. Only `expectRecent` makes one. */
export type RecentSession = OwnSession & { readonly [recent]: true }
declare const recent: unique symbol

/** A person at the account's page does several things in a row; a device that was left alone is no open door. */
const recentMinutes = 5

/**
 * Asks the database and not the cache: a session that has ended in another process changes nothing any more.
 *
 * @throws RefusalError `unauthenticated`
 */
export async function findOwnSession(query: Query, token: string): Promise<OwnSession> {
  const { isRecent: _, ...session } = await find(query, token)
  return session
}

/**
 * What gives access to an account, takes it away or takes data out needs this.
 *
 * @throws RefusalError `unauthenticated` or `reauthentication_required`
 */
export async function expectRecent(query: Query, token: string): Promise<RecentSession> {
  const { isRecent, ...session } = await find(query, token)
  if (!isRecent) throw new RefusalError('reauthentication_required')
  // The only place that says so.
  return session as RecentSession
}

/**
 * After the person proved again who they are, by whatever means: the session continues under a new token, and the
 * one before is worth nothing.
 *
 * @returns the new token
 * @throws RefusalError `unauthenticated` when the session has ended meanwhile
 */
export async function renewSession(query: Query, { id }: Pick<OwnSession, 'id'>): Promise<string> {
  const token = newToken()
  const renewed = await query(
    `update auth_session set token = $2, authenticated_at = now()
      where id = $1 and expires_at > now() returning id`,
    [id, secretHash(token)],
  )
  if (renewed.length === 0) throw new RefusalError('unauthenticated')
  return token
}

async function find(query: Query, token: string) {
  const [row] = await query(
    `select auth_session.id, user_id, owner, email, name,
        authenticated_at > now() - make_interval(mins => $2) as is_recent
      from auth_session join auth_user on auth_user.id = user_id
      where token = $1 and expires_at > now()`,
    [secretHash(token), recentMinutes],
  )
  if (row === undefined) throw new RefusalError('unauthenticated')
  return {
    id: String(row.id),
    userId: String(row.user_id),
    owner: String(row.owner),
    email: String(row.email),
    name: String(row.name),
    isRecent: row.is_recent === true,
  }
}
