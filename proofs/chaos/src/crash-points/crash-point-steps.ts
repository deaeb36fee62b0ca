/** The statements of a write, by patterns of their text on the wire. */
export const steps = {
  /** The one statement of a batch: for one attempt, and for many. */
  lone: /^idem_lone_createTodo$/,
  batch: /^idem_batch_createTodo$/,
  /** Reads why a batch left attempts out, and stores the outcomes that are decided from that. */
  read: /^idem_read_createTodo$/,
  'store-decided': /^idem_store_createTodo$/,
  /** A batch of changes reads the todos first, and then changes those that are still the same. */
  'read-todos': /^idem_read_changeTodo$/,
  'lone-change': /^idem_lone_changeTodo$/,
  'batch-of-changes': /^idem_batch_changeTodo$/,
  'store-unchanged': /^idem_store_changeTodo$/,
  begin: /^begin isolation level read committed$/,
  limit: /^idem_wait_|^set local lock_timeout/,
  cancel: /^\s*insert into "idem"\.idempotency_record \([^)]* cancelled,/,
  claim: /^idem_claim_|^\s*insert into "idem"\.idempotency_record \(owner_id, key, operation/,
  /** The window of a time-ordered key, after its claim or its cancellation. */
  window: /^idem_window_|^\s*select 1 (from "idem"\.installation )?where/,
  'look-up': /^\s*select r\.owner_id is not null as found/,
  savepoint: /^savepoint "@idem\/idempotency"$/,
  insert: /^INSERT INTO "public"\."todo"/,
  update: /^UPDATE "public"\."todo"/,
  select: /^SELECT "public"\."todo"/,
  undo: /^rollback to savepoint "@idem\/idempotency"$/,
  store: /^idem_(answer|refusal)_|^\s*update "idem"\.idempotency_record set/,
  commit: /^COMMIT$/,
  rollback: /^ROLLBACK$/,
} as const

export type Step = keyof typeof steps

/**
 * The step of a statement; the statement itself if it is unknown, and undefined if it does not belong to
 * a write.
 */
export function stepOf(statement: string): string | undefined {
  const step = Object.entries(steps).find(([, pattern]) => pattern.test(statement))
  if (step !== undefined) return step[0]
  return besides.some((pattern) => pattern.test(statement)) ? undefined : statement
}

/** Other statements of a server, which neither claim, create nor store. */
const besides = [
  // A statement without a name is bound without it.
  /^$/,
  // A new connection, with its first transaction.
  /pg_backend_pid\(\)/,
  // A new connection, before it is handed out.
  /^\s*select current_setting\('TimeZone'\)/,
  // The clock, every 30 s.
  /^\s*select .*clock_timestamp\(\)/,
  // Cleaning, every ten minutes, has its own crash points.
  /^\s*with border as/,
  /pg_dist_partition/,
]
