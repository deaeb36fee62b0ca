import type { KeyedCall } from '../model/call.ts'
import type { ClockServers } from './clock-servers.ts'

/** The create of a key. */
export function createOf(key: string): KeyedCall {
  return { operation: 'createTodo', key, input: { title: `Todo of ${key}` } }
}

/** The number of todos that each key created, including deleted ones. */
export async function madeBy({ sql }: ClockServers): Promise<Map<string, number>> {
  const { rows } = await sql.query(
    'select created_key as key, count(*)::int as made from todo group by created_key order by min(created_key)',
  )
  return new Map(rows.map(({ key, made }) => [key, made]))
}
