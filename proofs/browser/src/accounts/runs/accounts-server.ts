import { createHash, randomBytes } from 'node:crypto'
import { createPool } from '@idem/database/pool'
import type { Page } from 'playwright-core'
import { runServer } from '../../runs/run-server.ts'
import { accountScreen, password } from '../../support/accounts-world.ts'
import { givePasskey, withPasskey } from './passkey.ts'

export type AccountsServer = Awaited<ReturnType<typeof accountsServer>>

export const emails = { Ann: 'ann@todo.example', Bob: 'bob@todo.example' } as const

export type Person = keyof typeof emails

/** A server of random runs with sign-in, and the accounts of Ann and Bob, with a password or also with a passkey. */
export async function accountsServer(proof: 'password' | 'passkey') {
  const server = await runServer((url) => ({
    IDEM_PUBLIC_URL: named(url),
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

  const passkeys = proof === 'passkey' && {
    Ann: await givePasskey(sql, owners.Ann),
    Bob: await givePasskey(sql, owners.Bob),
  }
  let signIns = 0

  return {
    ...server,
    url: named(server.url),
    owners,
    /** On the page for signing in: by the password, or in turn by the passkey alone and by both. */
    async signIn(page: Page, person: Person): Promise<void> {
      if (!passkeys) return accountScreen(page).signIn(emails[person])
      signIns += 1
      await withPasskey(page, passkeys[person], () => signInByPasskey(page, person, signIns))
    },
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

/** A passkey belongs to a name, and never to an address. */
function named(url: string): string {
  return url.replace('127.0.0.1', 'localhost')
}

async function signInByPasskey(page: Page, person: Person, signIns: number): Promise<void> {
  await page.waitForURL((url) => url.pathname === '/sign-in')
  const { button, textField, passwordField } = accountScreen(page)
  if (signIns % 2 === 0) await button('Sign in with a passkey').click()
  else {
    await textField('E-mail').fill(emails[person])
    await passwordField.fill(password)
    await button('Sign in').click()
    await button('Use a passkey').click()
  }
  await page.waitForURL((url) => url.pathname === '/')
}
