import pg from 'pg'
import { createIdempotency } from '../create-idempotency.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'

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
    const { removed } = await createIdempotency({
      adapter: pgAdapter(pool),
      schema,
      retentionHours,
    }).clean()
    return removed
  } finally {
    await pool.end()
  }
}
