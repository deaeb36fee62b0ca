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
  if (code === undefined) return 'bug'
  if (code === '57014') return committing ? 'unknown' : 'rolled_back'
  const known = troubles[code]
  if (known !== undefined) return known
  if (code.startsWith('08') || lostConnections.has(code))
    return committing ? 'unknown' : 'rolled_back'
  return 'bug'
}

const troubles: Readonly<Record<string, Trouble>> = {
  '40001': 'rolled_back',
  '40P01': 'rolled_back',
  '55P03': 'waited_too_long',
  '25006': 'wrong_node',
  '53100': 'no_room',
  '53200': 'no_room',
  '53300': 'never_started',
  '57P03': 'never_started',
  '58030': 'no_room',
  ECONNREFUSED: 'never_started',
  ENOENT: 'never_started',
  pool_wait: 'never_started',
}

const lostConnections = new Set([
  '01000',
  '40003',
  '57P01',
  '57P02',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'connection_lost',
])
