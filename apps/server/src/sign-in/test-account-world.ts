import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeProblem } from '@idem/api/problem'
import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import type { Query } from '../database/cancellable-query.ts'
import { readEnvironment } from '../environment.ts'
import type { SignInEvent } from '../logs/refusal-logger.ts'
import { openSignIn } from './open-sign-in.ts'

export const password = 'correct horse battery'

const origin = 'http://localhost:3000'
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0'

/** The server's part for accounts, alone. `ann` has the first account. */
export async function accountWorld(variables: Readonly<Record<string, string>> = {}) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const pool = createPool({ url: database.url })
  starting.defer(() => pool.end())
  const query: Query = async (text, values) => (await pool.query(text, [...values])).rows
  const folder = await mkdtemp(join(tmpdir(), 'idem-accounts-'))
  starting.defer(() => rm(folder, { recursive: true }))
  const events: SignInEvent[] = []
  const failures: unknown[] = []
  const signIn = await openSignIn({
    environment: readEnvironment({
      ...{ IDEM_PUBLIC_URL: origin, IDEM_SECRET: 's'.repeat(32), IDEM_DATA_DIR: folder },
      ...variables,
    }),
    ...{ publicUrl: { origin, basePath: '' }, query, prisma: createPrisma(pool) },
    now: () => new Date(),
    async *exportOf(owner) {
      yield `todos of ${owner}`
    },
    onAction: (event) => events.push(event),
    onFailure: (error) => failures.push(error),
    onRefused: () => undefined,
    onUnwritten: () => undefined,
  })
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    const [, name] = /^\/api\/auth\/([^?]*)/.exec(path) ?? []
    if (name !== undefined) return signIn.handle(request, response, name)
    try {
      response.end((await signIn.callerOf(request)).owner)
    } catch (error) {
      writeProblem(response, error)
    }
  })
  server.listen(0, '127.0.0.1')
  starting.defer(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function ask(path: string, headers: Readonly<Record<string, string>>, body?: object) {
    const response = await fetch(url + path, {
      headers: { ...headers, 'user-agent': browser, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text.startsWith('{') ? JSON.parse(text) : undefined,
      cookies: response.headers.getSetCookie().map((each) => each.split(';', 1).join()),
    }
  }

  /** A browser that signs in at this address, with one body, and keeps its cookies. */
  async function device(action: 'claim' | 'sign-in', body: object) {
    const answer = await ask(`/api/auth/${action}`, {}, body)
    let [session, known] = answer.cookies
    const account = String(answer.body.account)
    const cookie = () => `${session}; ${known}`
    return {
      account,
      cookie,
      async act(action: string, body: object = {}) {
        const headers = { cookie: cookie(), 'idem-account': account }
        const answer = await ask(`/api/auth/${action}`, headers, body)
        session = answer.cookies[0] ?? session
        return answer
      },
      show: () => ask('/api/auth/account', { cookie: cookie() }),
      exported: (of = account, headers: Readonly<Record<string, string>> = {}) =>
        ask(`/api/auth/export?account=${of}`, { cookie: cookie(), ...headers }),
      /** Whose todos this session sees. */
      owner: () => ask('/todos', { cookie: cookie() }),
    }
  }

  const link = /#(.+)/.exec(signIn.firstLink ?? '')?.[1] ?? ''
  const email = 'ann@todo.example'
  const ann = await device('claim', { token: link, email, name: 'Ann', password })
  const running = starting.move()
  return {
    ...{ ann, ask, device, query, events, failures, folder },
    signIn: (name: string, given = password) =>
      device('sign-in', { email: `${name}@todo.example`, password: given }),
    async invited(name: string) {
      const { body } = await ann.act('create-invite')
      const token = String(body.url).split('#')[1]
      return device('claim', { token, email: `${name}@todo.example`, password })
    },
    /** Everybody gave the password so long ago. */
    wait: (minutes: number) =>
      query('update auth_session set authenticated_at = now() - make_interval(mins => $1)', [
        minutes,
      ]),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
