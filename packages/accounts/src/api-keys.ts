import { randomBytes } from 'node:crypto'
import { noAccount } from './links.ts'
import type { Query } from './query.ts'
import { newToken, secretHash } from './secret-hash.ts'

export type NewApiKey = {
  readonly email: string
  readonly name: string
  /** The key is refused after so many days. Without them it does not expire. */
  readonly days?: number | undefined
}

/** A new API key, shown once: only its hash is stored. */
export async function createApiKey(
  query: Query,
  { email, name, days }: NewApiKey,
): Promise<string> {
  const key = `idem_${newToken()}`
  const id = randomBytes(8).toString('hex')
  const rows = await query(
    `insert into api_key (id, hash, user_id, name, expires_at)
      select $1, $2, id, $3, now() + make_interval(days => $4::int) from auth_user where email = $5 returning id`,
    [id, secretHash(key), name, days ?? null, email.toLowerCase()],
  )
  if (rows.length === 0) throw noAccount(email)
  return key
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
