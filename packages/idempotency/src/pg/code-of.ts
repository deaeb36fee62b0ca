import { codeIn } from './code-in.ts'
import { sqlStateOf } from './sql-state-of.ts'

/**
 * `codeOf` of an adapter: the code of the database's error, also when another
 * error wraps it. A missed code would look like a bug of the effect: 40001 would
 * not be retried, and a lost commit would be reported as a failure.
 */
export function codeOf(error: unknown): string | undefined {
  return codeIn(error, sqlStateOf)
}
