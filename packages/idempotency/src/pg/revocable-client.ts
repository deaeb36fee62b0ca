import type pg from 'pg'
import { refusedAfterEnd } from '../refused-after-end.ts'

/**
 * The client of an effect: after `revoke` it sends nothing more.
 *
 * The danger: one branch of an effect fails while another still waits for its
 * statement. The next statement of that branch would be queued behind the
 * ROLLBACK, and pg would send it as soon as that is answered, before the client
 * can be released: it would be committed by itself. Later still the client is in
 * the pool, or in the transaction of another request.
 */
export function revocableClient(client: pg.PoolClient): pg.PoolClient {
  const revocable: pg.PoolClient = new Proxy(client, {
    get(_, name) {
      const member: unknown = Reflect.get(client, name)
      if (name !== 'query' || typeof member !== 'function') return member
      // Rejects as a statement does: an error thrown in a timer would end the process.
      return (...statement: unknown[]) => {
        if (revoked.has(revocable)) return Promise.reject(refusedAfterEnd())
        return Reflect.apply(member, client, statement)
      }
    },
  })
  return revocable
}

export function revoke(revocable: pg.PoolClient): void {
  revoked.add(revocable)
}

const revoked = new WeakSet<pg.PoolClient>()
