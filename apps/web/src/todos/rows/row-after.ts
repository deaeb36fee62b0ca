import type { Row } from '../list/merge-optimistic.ts'

type Rows = readonly Pick<Row, 'id'>[]

/** The id of the row that takes the place of a row: itself, the next one, or the one before the end. */
export function rowAfter(id: string, before: Rows, now: Rows): string | undefined {
  const ids = new Set(now.map((row) => row.id))
  const place = before.findIndex((row) => row.id === id)
  const following = before.slice(Math.max(place, 0))
  const preceding = before.slice(0, Math.max(place, 0)).reverse()
  return [...following, ...preceding].find((row) => ids.has(row.id))?.id
}
