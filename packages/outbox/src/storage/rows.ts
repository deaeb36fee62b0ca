import {
  type Entry,
  entrySchema,
  type NewEntry,
  type Outcome,
  type Settled,
  type StoredEntry,
  type StoredStatus,
  type Trouble,
} from '../entry.ts'

/** A stored row: of this release, an earlier or a later one, or corrupt. */
export type Row = { readonly subject: string } & { readonly [member: string]: unknown }

/** How rows are read. Two releases of a page run at once, so the app decides which intents it knows. */
export type Reader = {
  readonly account: string
  /** The device's clock, ms. */
  now(): number
  accepts(intent: unknown): boolean
  migrate(intent: unknown): unknown
  acceptsAnswer(answer: unknown): boolean
}

/** The ordering key is stored as `subject`: the database of the first release has an index on it. */
export function rowOf({ orderingKey, ...rest }: NewEntry | Outcome): Row {
  return { ...rest, schema: entrySchema, subject: orderingKey }
}

/**
 * Never throws. An intent that was never sent is migrated to this release. One that
 * was sent stays unchanged, and the app must accept it as it is.
 */
export function entryIn(row: Row, reader: Reader): StoredEntry {
  const entry = knownEntry(row, reader.account)
  if (entry === undefined) return newerEntry(row)
  try {
    const intent = entry.body === undefined ? reader.migrate(entry.intent) : entry.intent
    return reader.accepts(intent) ? { ...entry, intent } : newerEntry(row)
  } catch {
    return newerEntry(row)
  }
}

/** Undefined if it cannot be read, or is of another account: the server's list holds it as well. */
export function outcomeIn(row: Row, reader: Reader): Settled | undefined {
  const { account = reader.account } = row
  if (typeof row.settledAt !== 'number' || account !== reader.account) return undefined
  try {
    if (!reader.accepts(row.intent) || !reader.acceptsAnswer(row.answer)) return undefined
  } catch {
    return undefined
  }
  const { subject, wasDiscarded = false, ...outcome } = row
  // Written by `writeStep`. Earlier releases wrote fewer members, none that an outcome needs.
  return { ...outcome, orderingKey: subject, wasDiscarded } as unknown as Settled
}

function newerEntry({ seq, id, subject }: Row): StoredEntry {
  // Without a readable ordering key no other entry waits for it.
  return { isNewer: true, seq: Number(seq), id: String(id), orderingKey: String(subject) }
}

function knownEntry(row: Row, account: string): Entry | undefined {
  const { schema, subject, standing, status = statusOfFirstRelease(standing), ...rest } = row
  if ((schema !== entrySchema && schema !== 1) || !hasStatus(status)) return undefined
  // Written by this code, from an entry; earlier releases knew one account, no discarding, and not what is unknown.
  const isUnknown = 'body' in rest
  const common = { account, isDiscarding: false, isUnknown, ...rest, orderingKey: subject, status }
  const entry = common as unknown as Entry
  return { ...entry, lastError: lastErrorOf(entry), status: underAccount(entry, account) }
}

/** Read from the status where it has one: earlier releases stored it only there. */
function lastErrorOf({ status, lastError }: Entry): Trouble | undefined {
  if (status.state === 'waiting') return status.lastError
  const isRefused = status.state === 'needs_person' && status.question.kind === 'refused'
  return isRefused ? status.question : lastError
}

/** The first release stored a wait as two times, and only refusals needed a person. */
function statusOfFirstRelease(standing: unknown): unknown {
  if (!hasStatus(standing)) return undefined
  const { refusal, since, ...status } = standing as unknown as Record<string, unknown>
  const waitMs = Number(status.retryAt) - Number(since)
  // Each state reads only the members that it has.
  return { ...status, waitMs, question: { kind: 'refused', refusal } }
}

function hasStatus(status: unknown): status is StoredStatus {
  const state = (status as { state?: unknown } | null | undefined)?.state
  return ['queued', 'waiting', 'needs_person'].includes(String(state))
}

/** Whether an entry may be sent depends on the account of the page that reads it, not of the page that wrote it. */
function underAccount(entry: Entry, account: string): StoredStatus {
  if (entry.account !== account) {
    return {
      state: 'needs_person',
      question: { kind: 'other_account', account: entry.account },
    }
  }
  const { status } = entry
  const isStale = status.state === 'needs_person' && status.question.kind === 'other_account'
  return isStale ? { state: 'queued' } : status
}
