import { RefusalError } from '@idem/contract/refusal'
import type { Query } from '../query.ts'
import { newToken, secretHash } from '../secret-hash.ts'
import { isForSetUp, isFullSession } from '../session/session-state.ts'

/** The session by which a person changes the account. */
export type OwnSession = {
  readonly id: string
  readonly userId: string
  readonly owner: string
  readonly email: string
  readonly name: string
  /** Whether the person proved more than the password. */
  readonly isByTwoFactors: boolean
}

export type SessionSource = { readonly query: Query; readonly requiresSecondFactor: boolean }

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
export async function findOwnSession(source: SessionSource, token: string): Promise<OwnSession> {
  const { isRecent: _, ...session } = await find(source, token, isFullSession)
  return session
}

/** Also a session that is good for nothing else than setting up a second factor. */
export async function findSetUpSession(source: SessionSource, token: string): Promise<OwnSession> {
  const { isRecent: _, ...session } = await find(source, token, isFullOrForSetUp)
  return session
}

function isFullOrForSetUp(required: string): string {
  return `(${isFullSession(required)} or ${isForSetUp(required)})`
}

/**
 * What gives access to an account, takes it away or takes data out needs this.
 *
 * @throws RefusalError `unauthenticated` or `reauthentication_required`
 */
export async function expectRecent(source: SessionSource, token: string): Promise<RecentSession> {
  return recentOf(await find(source, token, isFullSession))
}

/** Also of a session that is good for nothing else than setting up a second factor. */
export async function expectRecentSetUp(
  source: SessionSource,
  token: string,
): Promise<RecentSession> {
  return recentOf(await find(source, token, isFullOrForSetUp))
}

function recentOf({ isRecent, ...session }: Found): RecentSession {
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
export async function renewSession(
  query: Query,
  { id, isByTwoFactors }: Pick<OwnSession, 'id' | 'isByTwoFactors'>,
): Promise<string> {
  const token = newToken()
  const renewed = await query(
    `update auth_session
      set token = $2, authenticated_at = now(), second_factor = second_factor or $3
      where id = $1 and expires_at > now() returning id`,
    [id, secretHash(token), isByTwoFactors],
  )
  if (renewed.length === 0) throw new RefusalError('unauthenticated')
  return token
}

type Found = OwnSession & { readonly isRecent: boolean }

async function find(
  { query, requiresSecondFactor }: SessionSource,
  token: string,
  isGood: (required: string) => string,
): Promise<Found> {
  const [row] = await query(
    `select auth_session.id, user_id, owner, email, name, auth_session.second_factor,
        authenticated_at > now() - make_interval(mins => $2) as is_recent
      from auth_session join auth_user on auth_user.id = user_id
      where token = $1 and expires_at > now() and ${isGood('$3::boolean')}`,
    [secretHash(token), recentMinutes, requiresSecondFactor],
  )
  if (row === undefined) throw new RefusalError('unauthenticated')
  return {
    id: String(row.id),
    userId: String(row.user_id),
    owner: String(row.owner),
    email: String(row.email),
    name: String(row.name),
    isByTwoFactors: row.second_factor === true,
    isRecent: row.is_recent === true,
  }
}
