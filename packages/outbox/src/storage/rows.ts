import {
  type Entry,
  entrySchema,
  type NewEntry,
  type Outcome,
  type StoredEntry,
  type StoredStatus,
  type Trouble,
} from '../entry.ts'

/** A row as it lies in the store: of this release, an earlier or a later one, or spoilt. */
export type Row = { readonly subject: string } & { readonly [member: string]: unknown }

/** What the app knows of its intents. Two releases of a page run at once, so rows are read with its help. */
export type Reader = {
  readonly account: string
  /** The device's clock, ms. */
  now(): number
  accepts(intent: unknown): boolean
  migrate(intent: unknown): unknown
  acceptsAnswer(answer: unknown): boolean
}

/** The ordering key is stored as `subject`: the database of the first release has an index on it. */
export function rowOfEntry({ orderingKey, ...entry }: NewEntry | Entry): Row {
  return { ...entry, schema: entrySchema, subject: orderingKey }
}

/**
 * Never throws. What was never sent is migrated to this release; what was sent
 * stays as it is, and must still be accepted.
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

export function rowOfOutcome({ orderingKey, ...outcome }: Outcome): Row {
  return { ...outcome, subject: orderingKey }
}

/** Undefined for what cannot be read: the server's list holds it as well. */
export function outcomeIn(row: Row | undefined, reader: Reader): Outcome | undefined {
  if (row === undefined || typeof row.settledAt !== 'number') return undefined
  const { subject, intent, answer, settledAt } = row
  try {
    if (!reader.accepts(intent) || !reader.acceptsAnswer(answer)) return undefined
  } catch {
    return undefined
  }
  const wasDiscarded = row.wasDiscarded === true
  return { orderingKey: subject, intent, answer, settledAt, wasDiscarded }
}

function newerEntry({ seq, id, subject }: Row): StoredEntry {
  const place = Number(seq)
  // Without a readable ordering key it holds up nobody.
  const orderingKey = typeof subject === 'string' ? subject : `unreadable ${place}`
  return { isNewer: true, seq: place, id: String(id), orderingKey }
}

function knownEntry(row: Row, account: string): Entry | undefined {
  const entry = row.schema === 1 ? ofFirstRelease(row, account) : ofThisRelease(row)
  if (entry === undefined) return undefined
  return { ...entry, lastError: lastErrorOf(entry), status: underAccount(entry, account) }
}

function ofThisRelease(row: Row): Entry | undefined {
  if (row.schema !== entrySchema || !hasStatus(row.status)) return undefined
  const { schema: _, subject, ...rest } = row
  // Written by this code, from an entry.
  return { ...rest, orderingKey: subject } as unknown as Entry
}

/** Read from the status where it has one: earlier releases stored it only there. */
function lastErrorOf({ status, lastError }: Entry): Trouble | undefined {
  if (status.state === 'waiting') return status.lastError
  const isRefused = status.state === 'needs_person' && status.question.kind === 'refused'
  return isRefused ? status.question : lastError
}

/** It knew one account, no discarding, and waits by two times of the device's clock. */
function ofFirstRelease(row: Row, account: string): Entry | undefined {
  const { schema: _, subject, standing, ...rest } = row
  const status = statusOfFirstRelease(standing)
  if (status === undefined) return undefined
  const common = { orderingKey: subject, account, isDiscarding: false, status }
  // Written by the first release, whose members are these.
  return { ...rest, ...common } as unknown as Entry
}

function statusOfFirstRelease(standing: unknown): StoredStatus | undefined {
  if (!hasStatus(standing)) return undefined
  if (standing.state === 'queued') return { state: 'queued' }
  const { state, ...old } = standing as unknown as Record<string, unknown>
  if (state === 'needs_person') {
    return { state, question: { kind: 'refused', refusal: old.refusal } } as StoredStatus
  }
  const waitMs = Number(old.retryAt) - Number(old.since)
  return { state, waitMs, ...old } as unknown as StoredStatus
}

function hasStatus(status: unknown): status is StoredStatus {
  const state = (status as { state?: unknown } | null | undefined)?.state
  return state === 'queued' || state === 'waiting' || state === 'needs_person'
}

/** Whether it may be sent depends on who looks, so what a page of another account wrote is not believed. */
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
