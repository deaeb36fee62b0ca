/** The statements that a write is made of, by the words with which they go over the wire. */
export const steps = {
  /** The one statement of the group form, for one attempt and for many. */
  lone: /^idem_lone_createTodo$/,
  group: /^idem_batch_createTodo$/,
  begin: /^BEGIN$/,
  isolation: /^SET TRANSACTION ISOLATION LEVEL READ COMMITTED$/,
  claim: /^\s*insert into "public"\.idempotency_record \(owner_id, key, operation/,
  cancel: /^\s*insert into "public"\.idempotency_record \(owner_id, key, cancelled/,
  'look-up': /^\s*select r\.owner_id is not null as found/,
  savepoint: /^savepoint effect$/,
  insert: /^INSERT INTO "public"\."todo"/,
  update: /^UPDATE "public"\."todo"/,
  select: /^SELECT "public"\."todo"/,
  undo: /^rollback to savepoint effect$/,
  store: /^\s*update "public"\.idempotency_record set/,
  commit: /^COMMIT$/,
  rollback: /^ROLLBACK$/,
} as const

export type Step = keyof typeof steps

/**
 * Which step a statement is; the statement itself when it is none, and nothing
 * when it is no part of a write.
 */
export function stepOf(statement: string): string | undefined {
  const step = Object.entries(steps).find(([, pattern]) => pattern.test(statement))
  if (step !== undefined) return step[0]
  return besides.some((pattern) => pattern.test(statement)) ? undefined : statement
}

/** What else a server says to its database while it answers: nothing here claims, makes or stores. */
const besides = [
  // A prepared statement is bound by its name in most attempts, and by no name in the others.
  /^$/,
  // The text of a prepared statement, on the way in one piece with the message that runs it.
  /^\s*with attempt as/,
  // A new connection, before it is handed out.
  /^\s*select current_setting\('TimeZone'\)/,
  // The clock, every 30 s.
  /^\s*select .*clock_timestamp\(\)/,
  // Cleaning, every ten minutes, has crash points of its own.
  /^\s*with border as/,
]
