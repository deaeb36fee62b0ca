import pg from 'pg'
import { createIdempotency } from '../create-idempotency.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import { reach } from './reach.ts'

export type CleanSettings = {
  readonly url: string
  readonly schema: string
  readonly retentionHours: number | undefined
}

/** Removes the records that are older than the retention, which must equal that of the servers. */
export async function clean({ url, schema, retentionHours }: CleanSettings): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: 1, application_name: 'idem clean' })
  pool.on('error', () => {})
  try {
    const idempotency = createIdempotency({ adapter: pgAdapter(pool), schema, retentionHours })
    await reach(url, async () => (await pool.connect()).release())
    const { removed } = await idempotency.clean()
    return removed
  } finally {
    await pool.end()
  }
}
