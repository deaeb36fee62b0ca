import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { v7 } from 'uuid'
import { type Answer, clientConnection } from '../isolation/client-connection.ts'
import { askedWaitMs } from './asked-wait-ms.ts'

type Request = { readonly method: string; readonly path: string; readonly body: string }

export type Neighbour = {
  readonly connections: number
  /** The next request, after the last answer of this connection. */
  readonly next: (last: Answer | undefined) => Request
  /** Opened before, and disposed when it ends. */
  readonly beside?: () => Promise<AsyncDisposable>
}

/** Repeats the request on each connection as soon as it was answered; a refused one waits as long as it was asked to. */
export async function runNeighbour(
  url: string,
  { connections, next, beside = nothing }: Neighbour,
  signal: AbortSignal,
): Promise<Readonly<Record<number, number>>> {
  await using _ = await beside()
  using open = new DisposableStack()
  const statuses: Record<number, number> = {}

  async function insist(): Promise<void> {
    const client = open.use(await clientConnection(url))
    let answer: Answer | undefined
    while (!signal.aborted) {
      answer = await client.send(next(answer))
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
      const waitMs = askedWaitMs(answer)
      if (waitMs !== undefined) await pause(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  await Promise.all(Array.from({ length: connections }, insist))
  return statuses
}

const nothing = async (): Promise<AsyncDisposable> => ({ [Symbol.asyncDispose]: async () => {} })

/** Ten searches without a match, in one request. */
export const searches: Neighbour = {
  connections: 8,
  next: () => ({ method: 'GET', path: tenSearches, body: '' }),
}

const search = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [at, { search: 'xyzzy' }]))
const tenSearches = `${Array(10).fill('listTodos').join(',')}?batch=1&input=${encodeURIComponent(JSON.stringify(search))}`

/** One caller that floods: requests with so many keyed deletes. */
export function greedyCaller(calls: 1 | 10): Neighbour {
  const path = `${Array(calls).fill('deleteTodo').join(',')}?batch=1`
  const inputs = () => Array.from({ length: calls }, () => ({ idempotencyKey: v7(), id: v7() }))
  return {
    connections: 64,
    next: () => ({ method: 'POST', path, body: JSON.stringify({ ...inputs() }) }),
  }
}

/** All change this todo, at the version in the last answer. `held`: another session holds its row most of the time. */
export function hotRow({
  id,
  databaseUrl,
  held,
}: {
  readonly id: string
  readonly databaseUrl: string
  readonly held: boolean
}): Neighbour {
  let version = 1
  return {
    connections: 20,
    next(last) {
      version = Math.max(version, Number(/"version":(\d+)/.exec(last?.body ?? '')?.[1] ?? 1))
      const input = { idempotencyKey: v7(), id, version, title: `Buy milk, ${v7()}` }
      return { method: 'POST', path: 'updateTodo', body: JSON.stringify(input) }
    },
    ...(held ? { beside: () => holdRow(databaseUrl, id) } : {}),
  }
}

/** Longer than the wait for a lock, with a short pause in between. */
const holdMs = 2_000
const letGoMs = 200

async function holdRow(databaseUrl: string, id: string): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const ending = new AbortController()
  const rest = (ms: number) =>
    pause(ms, undefined, { signal: ending.signal }).catch(() => undefined)

  async function holdAgain(): Promise<void> {
    while (!ending.signal.aborted) {
      await client.query('begin')
      await client.query('select from todo where id = $1 for update', [id])
      await rest(holdMs)
      await client.query('rollback')
      await rest(letGoMs)
    }
  }

  const done = holdAgain()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await done
      await client.end()
    },
  }
}
