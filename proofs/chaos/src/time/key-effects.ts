import type { KeyedCall } from '../model/call.ts'
import type { ClockServers } from './clock-servers.ts'

/** The create that a key names. */
export function createOf(key: string): KeyedCall {
  return { operation: 'createTodo', key, input: { title: `Todo of ${key}` } }
}

/** How many todos each of the keys has made, deleted ones as well. */
export async function madeBy({ sql }: ClockServers): Promise<Map<string, number>> {
  const { rows } = await sql.query(
    'select created_key as key, count(*)::int as made from todo group by created_key order by min(created_key)',
  )
  return new Map(rows.map(({ key, made }) => [key, made]))
}
