import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { v7 } from 'uuid'
import { batchOf, get, post } from '../load/requests.ts'
import type { ClientsPlan } from '../load/run-clients.ts'

/** Clients that repeat a request as soon as it was answered; a refused one waits as long as it was asked to. */
type Neighbour = Pick<ClientsPlan, 'clients' | 'next'>

/** Ten searches without a match, in one request. */
export const searches: Neighbour = { clients: 8, next: () => get(tenSearches) }

const search = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [at, { search: 'xyzzy' }]))
const tenSearches = `${batchOf('listTodos', 10)}&input=${encodeURIComponent(JSON.stringify(search))}`

/** One caller that floods: requests with so many keyed deletes. */
export function greedyCaller(calls: 1 | 10): Neighbour {
  const inputs = () => Array.from({ length: calls }, () => ({ idempotencyKey: v7(), id: v7() }))
  return { clients: 64, next: () => post(batchOf('deleteTodo', calls), { ...inputs() }) }
}

/** All change this todo, at the version in the last answer. */
export function hotRow(id: string): Neighbour {
  let version = 1
  return {
    clients: 20,
    next(_, last) {
      version = Math.max(version, Number(/"version":(\d+)/.exec(last?.body ?? '')?.[1] ?? 1))
      return post('updateTodo', { idempotencyKey: v7(), id, version, title: `Buy milk, ${v7()}` })
    },
  }
}

/** Longer than the wait for a lock, with a short pause in between. */
const holdMs = 2_000
const letGoMs = 200

/** Another session that holds the row most of the time. */
export async function holdRow(databaseUrl: string, id: string): Promise<AsyncDisposable> {
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
