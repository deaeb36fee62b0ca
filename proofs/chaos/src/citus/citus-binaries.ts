import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The programs of a PostgreSQL in which Citus is installed. */
export function citusBinaries(folder = process.env.IDEM_CITUS) {
  const [initdb, postgres] = ['initdb', 'postgres'].map((name) => join(folder ?? '', 'bin', name))
  if (
    folder === undefined ||
    initdb === undefined ||
    postgres === undefined ||
    !existsSync(postgres)
  )
    throw new Error(needed)
  return { initdb, postgres }
}

const needed =
  'This proof needs a PostgreSQL with Citus 13 or newer: set IDEM_CITUS to its folder, in which bin/postgres is. Or choose other proofs by name: npm run prove -- --project "@idem/chaos*" nemesis'
