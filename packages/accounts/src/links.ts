import { RefusalError } from '@idem/contract/refusal'
import type { PrismaClient } from '@idem/database/prisma'
import type { Query } from './query.ts'
import { newToken, secretHash } from './secret-hash.ts'

/** Long enough to reach a person, short enough that a forgotten link is no open door. */
const linkHours = 72

/** The token is in the fragment, which no browser sends to a server and no proxy logs. */
export type Link = { readonly path: '/invite' | '/reset'; readonly token: string }

/** A link by which one person makes an account. `by`: the user who invites; without it the operator does. */
export async function createInvite(query: Query, by?: string): Promise<Link> {
  return { path: '/invite', token: await insertLink(query, { by }) }
}

/**
 * The link of the first account, which gets the todos from before sign-in; undefined once an account
 * was made. Each start and each instance makes its own, and the first one that is claimed ends the others.
 */
export async function createFirstLink(query: Query): Promise<Link | undefined> {
  if (await hadAccount(query)) return undefined
  return { path: '/invite', token: await insertLink(query, { isFirst: true }) }
}

/** Whether the first account was made. */
export async function hadAccount(query: Query): Promise<boolean> {
  const taken = await query("select 1 from idem.installation where 'accounts' = any(requires)", [])
  return taken.length > 0
}

/** @throws Error when no account has this e-mail address */
export async function createResetLink(query: Query, email: string): Promise<Link> {
  const [user] = await query('select id from auth_user where email = $1', [email.toLowerCase()])
  if (user === undefined) throw noAccount(email)
  return { path: '/reset', token: await insertLink(query, { userId: user.id }) }
}

export function noAccount(email: string): Error {
  return new Error(`No account has the e-mail address ${email}; idem accounts lists them.`)
}

type NewLink = { readonly userId?: unknown; readonly isFirst?: boolean; readonly by?: unknown }

async function insertLink(
  query: Query,
  { userId = null, isFirst = false, by = null }: NewLink,
): Promise<string> {
  const token = newToken()
  await query(
    `insert into invite (token, user_id, is_first, created_by, expires_at)
      values ($1, $2, $3, $4, now() + make_interval(hours => $5))`,
    [secretHash(token), userId, isFirst, by, linkHours],
  )
  return token
}

/**
 * Hashing a password takes one of the turns that people who sign in wait for, so only a link may ask for it.
 *
 * @returns what is known of its account
 * @throws RefusalError `forbidden`
 */
export async function expectLink(query: Query, token: string): Promise<string[]> {
  const [link] = await query(
    `select email, name from invite left join auth_user on auth_user.id = user_id
      where token = $1 and expires_at > now()`,
    [secretHash(token)],
  )
  if (link === undefined) throw new RefusalError('forbidden')
  return [link.email, link.name].filter((known) => typeof known === 'string')
}

export type NewAccount = {
  readonly token: string
  readonly email: string
  readonly name: string
  readonly passwordHash: string
}

/**
 * One statement: the link is used, the account made and its existence recorded, or nothing. Of several
 * attempts with one link the first deletes it and the others find none. `requires` keeps out releases
 * without sign-in, and records that the owner `local` is taken.
 *
 * @returns the owner
 * @throws RefusalError `forbidden` when the link is unknown, used or too old, or the address is taken
 */
export async function claimLink(query: Query, account: NewAccount): Promise<string> {
  const { token, email, name, passwordHash } = account
  const [made] = await query(claim, [
    secretHash(token),
    crypto.randomUUID(),
    name,
    email.toLowerCase(),
    passwordHash,
    crypto.randomUUID(),
  ]).catch(explainTaken)
  if (made === undefined) throw new RefusalError('forbidden')
  return String(made.owner)
}

// A link that is not the first one waits for the first account, so that `local` goes to that one.
const claim = `
  with used as (
    delete from invite where token = $1 and user_id is null and expires_at > now()
      and is_first = not exists (select 1 from idem.installation where 'accounts' = any(requires))
      returning is_first
  ), recorded as (
    update idem.installation set requires = array_append(requires, 'accounts')
      where exists (select 1 from used where is_first) and not 'accounts' = any(requires)
  ), made as (
    insert into auth_user (id, owner, name, email)
      select $2, case when is_first then 'local' else $6 end, $3, $4 from used
      returning id, owner
  ), secured as (
    insert into auth_account (id, user_id, account_id, provider_id, password)
      select $6, id, id, 'credential', $5 from made
  )
  select owner from made`

function explainTaken(error: unknown): never {
  const { code } = Object(error)
  if (code === '23505') throw new RefusalError('forbidden')
  throw error
}

/**
 * Sets a new password and ends all sessions and API keys of the account: whoever knew the old
 * password may have made them.
 *
 * @returns the owner
 * @throws RefusalError `forbidden` when the link is unknown, used or too old
 */
export async function resetPassword(
  prisma: PrismaClient,
  { token, passwordHash }: Pick<NewAccount, 'token' | 'passwordHash'>,
): Promise<string> {
  const hash = secretHash(token)
  const [, [account]] = await prisma.$transaction([
    // A new session or key refers to the row. Either the next statement sees it, or it waits for the end of both.
    prisma.$queryRaw`
      select id from auth_user where id = (select user_id from invite where token = ${hash}) for update`,
    prisma.$queryRaw<{ readonly owner: string }[]>`
      with used as (
        delete from invite where token = ${hash} and user_id is not null and expires_at > now() returning user_id
      ), ended as (
        delete from auth_session where user_id in (select user_id from used)
      ), revoked as (
        delete from api_key where user_id in (select user_id from used)
      )
      update auth_account set password = ${passwordHash}, updated_at = now()
        where provider_id = 'credential' and user_id in (select user_id from used)
        returning (select owner from auth_user where auth_user.id = user_id)`,
  ])
  if (account === undefined) throw new RefusalError('forbidden')
  return account.owner
}
