import { createHash, randomBytes } from 'node:crypto'
import { createPool } from '@idem/database/pool'
import { runServer } from '../../runs/run-server.ts'
import { password } from '../../support/accounts-world.ts'

export type AccountsServer = Awaited<ReturnType<typeof accountsServer>>

export const emails = { Ann: 'ann@todo.example', Bob: 'bob@todo.example' } as const

export type Person = keyof typeof emails

/** A server of random runs with sign-in, and the accounts of Ann and Bob. */
export async function accountsServer() {
  const server = await runServer((url) => ({
    IDEM_PUBLIC_URL: url,
    IDEM_SECRET: 'a secret of the tests, for devices',
  }))
  const sql = createPool({ url: server.databaseUrl, max: 1 })

  async function claim(person: Person, token: string): Promise<string> {
    const response = await fetch(`${server.url}/api/auth/claim`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, email: emails[person], password }),
    })
    const { account } = await response.json()
    return String(account)
  }

  /** The command for an invite takes a second. */
  async function invite(): Promise<string> {
    const token = randomBytes(32).toString('base64url')
    const hash = createHash('sha256').update(token).digest('hex')
    await sql.query(
      `insert into invite (token, expires_at) values ($1, now() + interval '1 hour')`,
      [hash],
    )
    return token
  }

  const first = /#(\S+)/.exec(server.output())?.[1] ?? ''
  const owners = { Ann: await claim('Ann', first), Bob: await claim('Bob', await invite()) }

  return {
    ...server,
    owners,
    async startOver(): Promise<void> {
      await server.startOver()
      await sql.query('delete from auth_session')
      await sql.query('delete from sign_in_attempt')
    },
    async [Symbol.asyncDispose]() {
      await sql.end()
      await server[Symbol.asyncDispose]()
    },
  }
}
