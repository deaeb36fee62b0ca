import pg from 'pg'

export type IndexChange = { readonly kind: 'create' | 'drop'; readonly index: string }

/**
 * The index that a migration creates or drops concurrently, if that is its only statement.
 * PostgreSQL runs such a statement only outside a transaction.
 */
export function indexChangeOf(sql: string): IndexChange | undefined {
  const statement = sql.replaceAll(/--.*$/gm, '').trim().replace(/\s*;$/, '')
  if (statement.includes(';')) return undefined
  const created = /^create\s+(?:unique\s+)?index\s+concurrently\s+(\w+)\s+on\s/i.exec(
    statement,
  )?.[1]
  // A drop interrupted after its last step is repeated and must find nothing to do.
  const dropped = /^drop\s+index\s+concurrently\s+if\s+exists\s+(\w+)$/i.exec(statement)?.[1]
  const index = (created ?? dropped)?.toLowerCase()
  if (index === undefined) return undefined
  return { kind: created === undefined ? 'drop' : 'create', index }
}

/** Invalid indexes, of an interrupted build or drop: every write maintains them, and no query uses them. */
export async function invalidIndexes(
  client: Pick<pg.ClientBase, 'query'>,
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query(
    `select relname from pg_index join pg_class on pg_class.oid = indexrelid
     where not indisvalid and pg_table_is_visible(indexrelid)`,
  )
  return new Set(rows.map(({ relname }) => relname))
}

/**
 * The maximum wait for older transactions, which a concurrent build waits for: a backup takes
 * minutes. A transaction that is open for longer was forgotten, and ends the build.
 */
const openTransactionsWithin = '10min'

/** Runs the migration of an `IndexChange` without blocking writes. Safe to repeat. */
export async function changeIndex(client: pg.ClientBase, change: IndexChange, sql: string) {
  await client.query(`set lock_timeout = '${openTransactionsWithin}'`)
  if (change.kind === 'create' && (await isBuilt(client, change.index))) return
  try {
    await client.query(sql)
  } catch (error) {
    // The invalid index of a failed build takes disk space, perhaps the reason of the failure. If this
    // fails too, the next start drops it.
    await client.query(`set lock_timeout = '1s'`).catch(() => {})
    if (change.kind === 'create') await dropInvalid(client, change.index).catch(() => {})
    throw error
  }
}

/** Keeps an index that an interrupted start completed. */
async function isBuilt(client: pg.ClientBase, index: string): Promise<boolean> {
  await dropInvalid(client, index)
  const { rows } = await client.query(`select to_regclass($1) is not null as "isBuilt"`, [index])
  return rows[0].isBuilt
}

async function dropInvalid(client: pg.ClientBase, index: string): Promise<void> {
  if (!(await invalidIndexes(client)).has(index)) return
  await client.query(`drop index concurrently if exists ${pg.escapeIdentifier(index)}`)
}
