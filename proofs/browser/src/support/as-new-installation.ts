import { createPool } from '@idem/database/pool'

/** A scratch database is a copy, so it would be the same installation. */
export async function asNewInstallation(url: string): Promise<void> {
  const pool = createPool({ url, max: 1 })
  await pool.query(
    'update idem.installation set installation_id = gen_random_uuid(), ledger_epoch = gen_random_uuid()',
  )
  await pool.end()
}
