import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { causesOf } from '../causes-of.ts'

/** The meaning of a database error for the attempt. */
export type FailureKind =
  /** Certainly nothing was committed: the attempt may run again at once. */
  | 'rolled_back'
  /** The key, or a row the effect needs, is held by another transaction. */
  | 'waited_too_long'
  /** The statement never reached a database that could run it. */
  | 'never_started'
  /** It may or may not have been committed: only a new claim of the key can tell. */
  | 'unknown'
  /** A server that accepts no writes. */
  | 'wrong_node'
  /** The effect ended its own transaction, so what it wrote may have been committed without its record. */
  | 'escaped'
  /** The disk is full or failing. */
  | 'no_room'
  /** A retry would not help. */
  | 'bug'

/**
 * One row for each kind of error, by SQLSTATE (PostgreSQL, appendix A) or the code of
 * Node's socket error. `committing`: the transaction's work was done and its
 * commit had been sent, so a missing answer no longer means that nothing happened.
 */
export function failureKindOf(code: string | undefined, committing: boolean): FailureKind {
  const known = kinds[code ?? '']
  if (known !== undefined) return known
  if (cutShort.test(code ?? '')) return committing ? 'unknown' : 'rolled_back'
  // Any other error at a commit decides nothing: a proxy may have lost the answer of a commit that
  // took place, and one of several nodes speaks only for itself (XX000 "could not commit
  // transaction for shard"). If it were reported as a failure, a person would repeat the intent.
  return committing && !decided.test(code ?? '') ? 'unknown' : 'bug'
}

/** Only a SQLSTATE contains a digit, among the codes that an adapter returns. */
function isSqlState(code = ''): boolean {
  return /\d/.test(code)
}

/**
 * Errors that PostgreSQL raises before it commits anything, at a COMMIT or in a
 * statement that commits itself: constraints (23), errors in running a statement
 * or a deferred trigger (21, 22, 26, 42, 44, 54, P0), 40 except 40003, and
 * 25P02, a transaction in which a statement had failed.
 * Prisma's own P2028 and the like do not match: they have no zero there.
 */
const decided = /^(?:21|22|23|26|40|42|44|54|P0)[0-9A-Z]{3}$|^25P02$/

const kinds: Readonly<Record<string, FailureKind>> = {
  '40001': 'rolled_back',
  '40P01': 'rolled_back',
  '55P03': 'waited_too_long',
  '25006': 'wrong_node',
  // Ended by the database for idling, in a transaction or outside one: this process was delayed.
  '25P03': 'rolled_back',
  '57P05': 'rolled_back',
  '53100': 'no_room',
  '53200': 'no_room',
  '53300': 'never_started',
  '57P03': 'never_started',
  '58030': 'no_room',
  ECONNREFUSED: 'never_started',
  ENOENT: 'never_started',
  pool_wait: 'never_started',
  effect_escaped: 'escaped',
  // It was rolled back before any commit was sent, and would take as long again.
  transaction_timeout: 'bug',
}

/** Also any other error of a socket. */
const cutShort = /^(08...|01000|25P04|40003|57014|57P01|57P02|E(?!RR_)[A-Z_]+|connection_lost)$/

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

/** A database without the tables: an error that names the next step. Any other error is returned unchanged. */
export function explainMissingTable(error: unknown, code: string | undefined): unknown {
  // The effect may miss a table of its own.
  const isOurs = () => [...causesOf(error)].some(({ message }) => message.includes(table))
  return code === undefinedTable && isOurs() ? new Error(missing, { cause: error }) : error
}

const undefinedTable = '42P01'
const table = 'idempotency_record'
const missing =
  'The table idempotency_record is missing; run "npx idem migrate" with the DATABASE_URL of this server, or name its schema with the option `schema`.'
