/** What a database error means for the attempt that met it. */
export type Trouble =
  /** Nothing was committed, for certain: the attempt may run again at once. */
  | 'rolled_back'
  /** The key, or a row the effect needs, is held by another transaction. */
  | 'waited_too_long'
  /** The statement never reached a database that could run it. */
  | 'never_started'
  /** It may or may not have been committed: only the record can tell. */
  | 'unknown'
  /** A server that does not take writes. */
  | 'wrong_node'
  /** The disk is full or failing. */
  | 'no_room'
  /** Nothing a retry would mend. */
  | 'bug'

/**
 * One row a kind of error, by SQLSTATE (PostgreSQL, appendix A) or the code of
 * Node's socket error. `committing`: the transaction's work was done and its
 * commit had been asked for, so silence no longer means that nothing happened.
 */
export function troubleOf(code: string | undefined, committing: boolean): Trouble {
  const known = troubles[code ?? '']
  if (known !== undefined) return known
  if (code?.startsWith('08') || cutShort.has(code ?? '')) {
    return committing ? 'unknown' : 'rolled_back'
  }
  // An answer to the commit that could not be read decides nothing: what it answered may have been
  // committed, and would be called a failure here. Only the database's own word is a decision.
  return committing && !sqlState.test(code ?? '') ? 'unknown' : 'bug'
}

/** Node's codes look like it when they are short, but begin with an E, as no SQLSTATE does. */
const sqlState = /^[0-9A-DF-Z][0-9A-Z]{4}$/

const troubles: Readonly<Record<string, Trouble>> = {
  '40001': 'rolled_back',
  '40P01': 'rolled_back',
  '55P03': 'waited_too_long',
  '25006': 'wrong_node',
  // Ended by the database for idling, in a transaction or outside one: this process was held up.
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
}

const cutShort = new Set([
  '01000',
  '25P04',
  '40003',
  '57014',
  '57P01',
  '57P02',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'connection_lost',
])
