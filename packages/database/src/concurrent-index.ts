import pg from 'pg'

export type IndexChange = { readonly kind: 'create' | 'drop'; readonly index: string }

/**
 * The index that a migration builds or drops concurrently, if that is its only
 * statement. PostgreSQL runs such a statement only outside a transaction.
 */
export function indexChangeOf(sql: string): IndexChange | undefined {
  const statement = sql.replaceAll(/--.*$/gm, '').trim().replace(/\s*;$/, '')
  if (statement.includes(';')) return undefined
  const created = /^create\s+(?:unique\s+)?index\s+concurrently\s+(\w+)\s+on\s/i.exec(
    statement,
  )?.[1]
  // A drop that was interrupted after its last step is run again, and must find nothing to do.
  const dropped = /^drop\s+index\s+concurrently\s+if\s+exists\s+(\w+)$/i.exec(statement)?.[1]
  const index = (created ?? dropped)?.toLowerCase()
  if (index === undefined) return undefined
  return { kind: created === undefined ? 'drop' : 'create', index }
}

/** The indexes whose build or drop was interrupted: they are kept up to date by every write and serve no query. */
export async function invalidIndexes(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query(
    `select relname from pg_index join pg_class on pg_class.oid = indexrelid
     where not indisvalid and pg_table_is_visible(indexrelid)`,
  )
  return new Set(rows.map(({ relname }) => relname))
}

/**
 * Builds or drops an index without blocking writes. It waits for every
 * transaction that is older: a backup takes minutes. A session that holds a
 * transaction for longer than that has been forgotten, and ends the build.
 */
const openTransactionsWithin = '10min'

/** Runs the statement of a migration for which `indexChangeOf` named an index. Safe to repeat. */
export async function changeIndex(client: pg.Client, change: IndexChange, sql: string) {
  await client.query(`set lock_timeout = '${openTransactionsWithin}'`)
  if (change.kind === 'create' && (await isBuilt(client, change.index))) return
  try {
    await client.query(sql)
  } catch (error) {
    // What a failed build leaves takes room, which may be what it failed for. If this fails as
    // well, the next start drops it.
    await client.query(`set lock_timeout = '1s'`).catch(() => {})
    if (change.kind === 'create') await dropInvalid(client, change.index).catch(() => {})
    throw error
  }
}

/** An index that an interrupted start has built to the end is kept. */
async function isBuilt(client: pg.Client, index: string): Promise<boolean> {
  await dropInvalid(client, index)
  const { rows } = await client.query(`select to_regclass($1) is not null as "isBuilt"`, [index])
  return rows[0].isBuilt
}

async function dropInvalid(client: pg.Client, index: string): Promise<void> {
  if (!(await invalidIndexes(client)).has(index)) return
  await client.query(`drop index concurrently if exists ${pg.escapeIdentifier(index)}`)
}
