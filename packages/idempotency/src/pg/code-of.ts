import { sqlStateOf } from './sql-state-of.ts'

/** Far more than any library wraps; a cause may lead back to its error. */
const mostCauses = 10

/** A SQLSTATE has a digit, which keeps words out; of Node's codes those of sockets; and the two names of `sqlStateOf`. */
const databaseCode = /^(?=.*\d)[0-9A-Z]{5}$|^E(?!RR_)[A-Z_]+$|^pool_wait$|^connection_lost$/

/**
 * `codeOf` of an adapter: the code of the database's error, also where another
 * error was wrapped around it. One that is missed looks like a bug of the
 * effect: 40001 is not retried, and a lost commit is reported as a failure.
 */
export function codeOf(error: unknown): string | undefined {
  let each = error
  for (let causes = 0; causes <= mostCauses && each instanceof Error; causes += 1) {
    const code = sqlStateOf(each)
    if (code !== undefined && databaseCode.test(code)) return code
    each = each.cause
  }
  return undefined
}
