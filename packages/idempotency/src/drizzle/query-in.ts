import { type SQLWrapper, sql } from 'drizzle-orm'
import type { Query, Row } from '../adapter.ts'

/** The part of a Drizzle transaction that the statements of this package need. */
export type Executes = { execute(query: SQLWrapper): PromiseLike<unknown> }

/** The texts are constants of this package, and every value is bound. */
export function queryIn(tx: Executes): Query {
  return async (text, values) => rowsOf(await tx.execute(statementOf(text, values)))
}

/** Drizzle numbers the parameters itself, in the order in which they occur. */
function statementOf(text: string, values: readonly unknown[]) {
  const parts = text.split(/\$(\d+)/)
  return sql.join(
    parts.map((part, at) =>
      at % 2 === 0 ? sql.raw(part) : sql.param(values[Number(part) - 1] ?? null),
    ),
  )
}

/** `pg` returns a result with rows, postgres.js the rows. */
function rowsOf(result: unknown): Row[] {
  const rows: unknown = Array.isArray(result) ? result : Object(result).rows
  // One object for each row, from either driver.
  return rows as Row[]
}
