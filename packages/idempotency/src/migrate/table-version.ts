import type { Query } from '../adapter.ts'
import { quoted } from './table-steps.ts'

/**
 * The version of the tables in that schema, 0 when there are none. Reads the catalog directly:
 * `to_regclass` uses a cache of the session, in which the schema is still missing after the wait
 * for the lock of a migration.
 *
 * @throws when another program created the tables
 */
export async function tableVersion(query: Query, schema = 'idem'): Promise<number> {
  const [installation] = await query(
    `select obj_description(pg_class.oid, 'pg_class') as comment
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname = $1 and relname = 'installation'`,
    [schema],
  )
  if (installation === undefined) return 0
  const version = /^idem tables (\d+)$/.exec(String(installation.comment))?.[1]
  if (version !== undefined) return Number(version)
  throw new Error(
    `The schema ${quoted(schema)} has a table installation that was not created by idem migrate or idem sql; choose another schema or database.`,
  )
}
