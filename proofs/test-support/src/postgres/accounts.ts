import { hash, randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import { onServer } from './on-server.ts'

export type TestAccount = {
  readonly owner: string
  readonly apiKey: string
  /** The cookie of a session, as a browser sends it over http. */
  readonly cookie: string
}

/** The variables of a server with sign-in. Its clients send no `Origin`, so the port does not matter. */
export const signInVariables = {
  IDEM_PUBLIC_URL: 'http://localhost:3000',
  IDEM_SECRET: 'secret of the tests '.repeat(2),
}

/**
 * Adds accounts to a migrated database, each with an API key and a session; the first one has the owner
 * `local`. Written as rows, because the hash of a password takes a tenth of a second.
 */
export async function addAccounts(
  databaseUrl: string,
  names: readonly string[],
): Promise<TestAccount[]> {
  const accounts: TestAccount[] = []
  await onServer(databaseUrl, async (client) => {
    for (const [at, name] of names.entries()) {
      const [id, token] = [randomUUID(), newToken()]
      const owner = at === 0 ? 'local' : randomUUID()
      const email = `${name}@todo.example`
      await client.query('insert into auth_user (id, owner, name, email) values ($1, $2, $3, $4)', [
        ...[id, owner, name, email],
      ])
      const apiKey = await insertApiKey(client, email)
      await client.query(
        `insert into auth_session (id, user_id, token, expires_at)
          values ($1, $2, $3, now() + interval '1 day')`,
        [randomUUID(), id, hash('sha256', token, 'hex')],
      )
      accounts.push({ owner, apiKey, cookie: `idem-session=${token}` })
    }
    await client.query(`update idem.installation set requires = array_append(requires, 'accounts')`)
  })
  return accounts
}

/** A further API key of the account. */
export async function addApiKey(databaseUrl: string, email: string): Promise<string> {
  let apiKey = ''
  await onServer(databaseUrl, async (client) => {
    apiKey = await insertApiKey(client, email)
  })
  return apiKey
}

async function insertApiKey(client: pg.Client, email: string): Promise<string> {
  const apiKey = `idem_${newToken()}`
  await client.query(
    `insert into api_key (id, hash, user_id, name) select $1, $1, id, 'test' from auth_user where email = $2`,
    [hash('sha256', apiKey, 'hex'), email],
  )
  return apiKey
}

function newToken(): string {
  return randomBytes(32).toString('base64url')
}
