import { causesOf } from '../causes-of.ts'

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
