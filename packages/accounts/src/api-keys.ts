import { randomBytes } from 'node:crypto'
import { RefusalError } from '@idem/contract/refusal'
import { noAccount } from './links.ts'
import type { Query } from './query.ts'
import { newToken, secretHash } from './secret-hash.ts'

export type NewApiKey = {
  readonly name: string
  /** The key is refused after so many days. Without them it does not expire. */
  readonly days?: number | undefined
}

/** A new API key of an account, shown once: only its hash is stored. */
export async function createApiKey(
  query: Query,
  { email, ...wanted }: NewApiKey & { readonly email: string },
): Promise<string> {
  const key = await insertKey(query, wanted, { text: ofAccount, value: email.toLowerCase() })
  if (key === undefined) throw noAccount(email)
  return key
}

/**
 * The same, made by a session.
 *
 * @throws RefusalError `unauthenticated` when that has ended meanwhile
 */
export async function createOwnApiKey(
  query: Query,
  { id }: { readonly id: string },
  wanted: NewApiKey,
): Promise<string> {
  const key = await insertKey(query, wanted, { text: ofSession, value: id })
  if (key === undefined) throw new RefusalError('unauthenticated')
  return key
}

type Whose = { readonly text: string; readonly value: string }

const ofAccount = 'from auth_user where email = $5'

// A reset of the password ends all keys and locks the account first. In this order a key that comes too late waits
// for it, and finds no session.
const ofSession = `from auth_user join auth_session on user_id = auth_user.id where auth_session.id = $5
  for key share of auth_user for key share of auth_session`

async function insertKey(
  query: Query,
  { name, days }: NewApiKey,
  { text, value }: Whose,
): Promise<string | undefined> {
  const key = `idem_${newToken()}`
  const id = randomBytes(8).toString('hex')
  const rows = await query(
    `insert into api_key (id, hash, user_id, name, expires_at)
      select $1, $2, auth_user.id, $3, now() + make_interval(days => $4::int) ${text} returning 1`,
    [id, secretHash(key), name, days ?? null, value],
  )
  return rows.length === 0 ? undefined : key
}

/** Text for a person, with times in UTC. */
export type ListedApiKey = Readonly<
  Record<'id' | 'name' | 'email' | 'created' | 'lastUsed' | 'expires' | 'state', string>
>

export async function listApiKeys(query: Query): Promise<ListedApiKey[]> {
  // Each column is text.
  return (await query(listed, [])) as ListedApiKey[]
}

const day = (column: string) => `coalesce(to_char(${column}, 'YYYY-MM-DD'), 'never')`

const listed = `
  select api_key.id, api_key.name, email, ${day('api_key.created_at')} as created,
    ${day('last_used_at')} as "lastUsed", ${day('expires_at')} as expires,
    case when expires_at <= now() then 'expired' when disabled_at is not null then 'not confirmed'
      else 'in use' end as state
  from api_key join auth_user on auth_user.id = user_id
  order by email, api_key.created_at`

/** A running server refuses the key within five seconds. */
export async function revokeApiKey(query: Query, id: string): Promise<void> {
  const rows = await query('delete from api_key where id = $1 returning id', [id])
  if (rows.length === 0) throw noApiKey(id)
}

/**
 * Allows the keys that a restore disabled, or the one of this id.
 *
 * @returns how many
 */
export async function confirmApiKeys(query: Query, id?: string): Promise<number> {
  const rows = await query(
    `update api_key set disabled_at = null
      where id = $1 or ($1::text is null and disabled_at is not null) returning id`,
    [id ?? null],
  )
  if (id !== undefined && rows.length === 0) throw noApiKey(id)
  return rows.length
}

function noApiKey(id: string): Error {
  return new Error(`No API key has the id ${id}; idem api-keys lists them.`)
}
