import type pg from 'pg'

/** Whether it is a pool of `pg`, and not a single client or another driver. */
export function isPgPool(client: unknown): client is pg.Pool {
  return (
    typeof client === 'object' && client !== null && 'totalCount' in client && 'connect' in client
  )
}
