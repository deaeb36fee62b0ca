import type pg from 'pg'
import { commit } from './send-together.ts'

/**
 * The connection of one transaction that a library opens: it ends once, and is
 * released once, also when its end fails.
 *
 * The danger: an engine of Prisma 6 releases the connection of a slow COMMIT twice, and takes
 * it from another request. And when the connection is lost, Prisma 6 never releases it, so it
 * keeps its place in the pool.
 */
export function endsOnce(client: pg.PoolClient): pg.PoolClient {
  const query: (...given: unknown[]) => Promise<unknown> = client.query
  // Each time that the pool lends the client it gives it another function.
  let { release } = client
  let ended: Promise<unknown> | undefined

  function releaseOnce(error?: Error | boolean): void {
    release(error)
    release = () => {}
  }

  async function send(...given: unknown[]): Promise<unknown> {
    const [statement] = given
    const text = String(typeof statement === 'string' ? statement : Object(statement).text)
    const isRollback = /^rollback$/i.test(text)
    if (!isRollback && (ended !== undefined || !commit.test(text))) return query(...given)
    ended ??= query(...given)
    return ended.catch((error: Error) => {
      // The database refused to commit, and the library rolls back.
      if (!isRollback && 'severity' in error) ended = undefined
      else releaseOnce(error)
      // A closed connection rolls back. Prisma 6 ends the process when a ROLLBACK at its time limit fails.
      if (!isRollback) throw error
      return withoutRows
    })
  }

  const replaced: Record<string | symbol, unknown> = { query: send, release: releaseOnce }
  return new Proxy(client, { get: (_, name) => replaced[name] ?? Reflect.get(client, name) })
}

/** What a library reads of the result of BEGIN, COMMIT or ROLLBACK. */
export const withoutRows = { rows: [], fields: [], rowCount: 0 }
