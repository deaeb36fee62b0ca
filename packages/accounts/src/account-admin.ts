import { noAccount } from './links.ts'
import type { Query } from './query.ts'
import { newToken, secretHash } from './secret-hash.ts'

export type Account = { readonly email: string; readonly owner: string; readonly createdAt: string }

export async function listAccounts(query: Query): Promise<Account[]> {
  const rows = await query('select email, owner, created_at from auth_user order by created_at', [])
  return rows.map(({ email, owner, created_at }) => ({
    email: String(email),
    owner: String(owner),
    createdAt: new Date(String(created_at)).toISOString(),
  }))
}

/** A new API key, shown once: only its hash is stored. It does not expire. */
export async function createApiKey(
  query: Query,
  { email, name }: { readonly email: string; readonly name: string },
): Promise<string> {
  const key = `idem_${newToken()}`
  const rows = await query(
    `insert into api_key (hash, user_id, name)
      select $1, id, $2 from auth_user where email = $3 returning hash`,
    [secretHash(key), name, email.toLowerCase()],
  )
  if (rows.length === 0) throw noAccount(email)
  return key
}

/** Ends the sessions of an account; a running server learns of it within five seconds. */
export async function endSessions(query: Query, email: string): Promise<number> {
  const [user] = await query('select id from auth_user where email = $1', [email.toLowerCase()])
  if (user === undefined) throw noAccount(email)
  const ended = await query('delete from auth_session where user_id = $1 returning id', [user.id])
  return ended.length
}
