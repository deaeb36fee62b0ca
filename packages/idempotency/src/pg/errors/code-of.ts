import { causesOf } from '../../causes-of.ts'
import { sqlStateOf } from './sql-state-of.ts'

/**
 * `codeOf` of an adapter: the code of the database's error, also when another
 * error wraps it. A missed code would look like a bug of the effect: 40001 would
 * not be retried, and a lost commit would be reported as a failure.
 */
export function codeOf(error: unknown): string | undefined {
  return codeIn(error, sqlStateOf)
}

/**
 * A SQLSTATE, which contains a digit, unlike a word, and unlike a code of Prisma no digit after a P; Node's
 * code of a socket error; or a name of `IdempotencyAdapter`.
 */
const databaseCode =
  /^(?!P[1-9])(?=.*\d)[0-9A-Z]{5}$|^E(?!RR_)[A-Z_]+$|^(?:pool_wait|connection_lost|transaction_timeout|effect_escaped)$/

/** The code of the database's error, also when another error wraps it. `stateOf` reads one of them. */
export function codeIn(
  error: unknown,
  stateOf: (error: Error) => string | undefined,
): string | undefined {
  for (const each of causesOf(error)) {
    const code = stateOf(each)
    if (code !== undefined && databaseCode.test(code)) return code
  }
  return undefined
}
