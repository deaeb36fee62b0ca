import { signInVariables } from '@idem/test-support/accounts'
import { httpExchange } from '@idem/test-support/http-exchange'
import { postgresProxy } from '@idem/test-support/postgres-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { restartableServer } from '../servers/restartable-server.ts'

export const email = 'ann@todo.example'
const password = 'correct horse battery'

/** Two servers with sign-in on one database, one of them behind a proxy, and an account that was made by its link. */
export async function signedInServers() {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const proxy = starting.use(await postgresProxy(database.url))
  const settings = { variables: { ...signInVariables, IDEM_LOG_LEVEL: 'error' } }
  const one = starting.use(await restartableServer({ ...settings, database: { url: proxy.url } }))
  const other = starting.use(await restartableServer({ ...settings, database }))
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  starting.defer(() => sql.end())
  const running = starting.move()
  // The link of the server that started last is valid.
  const token = /#(\S+)/.exec(other.now.output())?.[1]

  async function auth(action: string, body: object, headers: Headers = {}) {
    const sent = { method: 'POST', path: `/api/auth/${action}`, body: JSON.stringify(body) }
    const { status, headers: received, text } = await exchange(other.now.url, { ...sent, headers })
    const cookie = received['set-cookie']?.map((each) => each.split(';', 1)[0]).join('; ')
    return { status, text, cookie: cookie ?? '' }
  }

  return {
    ...{ databaseUrl: database.url, proxy, one, other, sql },
    claim: () => auth('claim', { token, email, password }),
    signIn: () => auth('sign-in', { email, password }),
    signOut: (caller: Headers) => auth('sign-out', {}, caller),
    /** A create of one key; status 0 when the connection ended before the answer. */
    create: (url: string, caller: Headers, key = 'one-key') =>
      exchange(url, {
        ...{ method: 'POST', path: '/todos', body: '{"title":"Buy milk"}' },
        headers: { ...caller, 'idempotency-key': key },
      }).catch(() => ({ status: 0, headers: {}, text: '' })),
    list: (url: string, caller: Headers) =>
      exchange(url, { method: 'GET', path: '/todos', headers: caller }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export type Headers = Readonly<Record<string, string>>

type Request = {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body?: string
}

async function exchange(url: string, { headers, body, ...request }: Request) {
  using client = httpExchange(url, 1)
  const type: Headers = body === undefined ? {} : { 'content-type': 'application/json' }
  return await client.send({ ...request, body, headers: { ...type, ...headers } })
}
