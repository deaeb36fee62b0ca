import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { causesOf } from '../causes-of.ts'
import { isSqlState } from './sql-state.ts'

/**
 * Whether an error that an effect threw is one of its database. A SQLSTATE proves it.
 * Any other code may be that of a file or of another service, such as ENOENT or
 * ECONNRESET; then it is the effect's own, unless the connection of the effect no
 * longer answers. Taken for the database's, it would be "send the same key again"
 * for ever.
 */
export async function isDatabaseError(
  { codeOf }: Pick<IdempotencyAdapter<never>, 'codeOf'>,
  error: unknown,
  query: Query,
): Promise<boolean> {
  const code = codeOf(error)
  if (code === undefined) return false
  // A driver that gave up on a statement has no such code; the next statement would wait behind it.
  const gaveUp = code === 'ETIMEDOUT' && !hasCode(error, code)
  if (gaveUp || isSqlState(code)) return true
  return query('select 1', []).then(
    () => false,
    (failure) => codeOf(failure) !== failedBefore,
  )
}

/** A transaction in which a statement has failed; its connection works. */
const failedBefore = '25P02'

function hasCode(error: unknown, code: string): boolean {
  return [...causesOf(error)].some((each) => Object(each).code === code)
}
