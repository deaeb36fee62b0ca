/** Runs one statement outside a transaction. */
export type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

/** Whether Citus distributes the todos by owner. */
export async function isDistributed(query: Query): Promise<boolean> {
  const [row] = await query(
    `select to_regclass('pg_catalog.pg_dist_partition') is not null as known`,
    [],
  )
  if (row?.known !== true) return false
  const [todo] = await query(
    `select 1 from pg_dist_partition where logicalrelid = to_regclass('public.todo') and partmethod = 'h'`,
    [],
  )
  return todo !== undefined
}
