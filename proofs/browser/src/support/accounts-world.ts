import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { watchEffects } from '@idem/chaos/effect-log'
import { createPool } from '@idem/database/pool'
import { freePort } from '@idem/test-support/free-port'
import { httpProxy } from '@idem/test-support/http-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { patienceMs, sharedBrowser, type TextSize } from './shared-browser.ts'
import { todoScreen } from './todo-screen.ts'

export const password = 'correct horse battery'

const idem = fileURLToPath(new URL('../../../../apps/server/src/idem.ts', import.meta.url))

const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

type WorldOptions = BrowserContextOptions &
  TextSize & {
    /** Its public name. A passkey belongs to a name, and never to an address. */
    readonly host?: 'localhost' | '127.0.0.1'
    readonly variables?: Readonly<Record<string, string>>
  }

/** A server with sign-in, behind a controllable network, and a browser in which nobody has signed in yet. */
export async function accountsWorld({
  variables: more = {},
  host = '127.0.0.1',
  textSize,
  ...options
}: WorldOptions = {}) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const log = await watchEffects(database.url)
  const port = await freePort()
  const proxy = starting.use(await httpProxy({ targets: [`http://127.0.0.1:${port}`] }))
  const url = proxy.url.replace('127.0.0.1', host)
  const variables = {
    IDEM_PUBLIC_URL: url,
    IDEM_SECRET: 'a secret of the tests, for devices',
    ...more,
  }
  const server = starting.use(await startServer({ database, port, variables }))
  const pool = createPool({ url: database.url, max: 1 })
  starting.defer(() => pool.end())
  const context = await (await sharedBrowser({ textSize })).newContext(options)
  context.setDefaultTimeout(patienceMs)
  starting.defer(() => context.close())
  const running = starting.move()

  async function openPage(path = '/sign-in', address: string = url): Promise<Page> {
    const page = await context.newPage()
    await page.goto(address + path)
    return page
  }

  return {
    proxy,
    url,
    context,
    openPage,
    /** The server's own address, at which it also answers a browser of this machine. */
    localUrl: `http://localhost:${port}`,
    async effects(): Promise<string[]> {
      return (await log.effects()).map(({ kind, title }) => `${kind} ${title}`)
    },
    firstLink: () => linkIn(server.output()),
    async inviteLink(): Promise<string> {
      const env = {
        ...process.env,
        NODE_ENV: 'production',
        DATABASE_URL: database.url,
        ...variables,
      }
      const { stdout } = await promisify(execFile)(process.execPath, [idem, 'invite'], { env })
      return linkIn(stdout)
    },
    /** All sessions end, as after thirty days; resolves when the server knows. */
    async endSessions(): Promise<void> {
      await pool.query('delete from auth_session')
      const isEnded = async () => (await context.request.get(`${url}/todos`)).status()
      await expect.poll(isEnded, { timeout: patienceMs }).toBe(401)
    },
    /** Everybody gave the password an hour ago. */
    async leaveAlone(): Promise<void> {
      await pool.query(`update auth_session set authenticated_at = now() - interval '1 hour'`)
    },
    /** On a phone. Returns the status of its list. */
    async signInElsewhere(email: string) {
      const response = await fetch(`${url}/api/auth/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': phone },
        body: JSON.stringify({ email, password }),
      })
      const cookie = response.headers.getSetCookie().flatMap((each) => each.split(';', 1))
      const headers = { cookie: cookie.join('; ') }
      return async () => (await fetch(`${url}/todos`, { headers })).status
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** The page as a person uses it who signs in and out. */
export function accountScreen(page: Page) {
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  return {
    ...todoScreen(page),
    button,
    textField: field,
    passwordField: page.locator('input[name="password"]'),
    async claim(link: string, email: string): Promise<void> {
      const home = new URL('.', link).pathname
      await page.goto(link)
      await field('E-mail').fill(email)
      await page.locator('input[name="password"]').fill(password)
      await button('Make the account').click()
      await page.waitForURL(({ pathname }) => pathname === home)
    },
    /** On the page for signing in. */
    async signIn(email: string): Promise<void> {
      await page.waitForURL((url) => url.pathname === '/sign-in')
      await field('E-mail').fill(email)
      await page.locator('input[name="password"]').fill(password)
      await button('Sign in').click()
      await page.waitForURL((url) => url.pathname === '/')
    },
    async signOut(): Promise<void> {
      await button('Account').click()
      await button('Sign out').click()
    },
  }
}

export function linkIn(output: string): string {
  return /^http\S+#\S+$/m.exec(output)?.[0] ?? ''
}
