import type pg from 'pg'

/** Whether it is a pool of `pg`: Drizzle also accepts a single client, and other drivers. */
export function isPgPool(client: unknown): client is pg.Pool {
  return (
    typeof client === 'object' && client !== null && 'totalCount' in client && 'connect' in client
  )
}
