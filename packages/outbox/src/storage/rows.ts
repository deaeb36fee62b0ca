import {
  type Entry,
  entrySchema,
  type NewEntry,
  type Outcome,
  type Settled,
  type StoredEntry,
  type StoredStatus,
} from '../entry.ts'
import type { Transport } from '../transport.ts'

/** A stored row: of this release, an earlier or a later one, or corrupt. */
export type Row = { readonly orderingKey: string } & { readonly [member: string]: unknown }

type Hooks = Pick<Transport, 'accepts' | 'acceptsAnswer' | 'migrate'>

/** How rows are read. Two releases of a page run at once, so the app decides which intents it knows. */
export type Reader = {
  readonly transport: Hooks
  readonly account: string
  /** The device's clock, ms. */
  now(): number
}

export function rowOf(one: NewEntry | Outcome): Row {
  return { ...one, schema: entrySchema }
}

/**
 * Never throws. An intent that was never sent is migrated to this release. One that
 * was sent stays unchanged, and the app must accept it as it is.
 */
export function entryIn(row: Row, { transport, account }: Reader): StoredEntry {
  try {
    const entry = knownEntry(row, account)
    const known = entry && migrated(entry, transport)
    if (known && (transport.accepts?.(known.intent) ?? true)) return known
  } catch {
    // A row that this release cannot migrate is treated like one of a newer page.
  }
  return newerEntry(row)
}

function migrated(entry: Entry, transport: Hooks): Entry {
  if (entry.body !== undefined || !transport.migrate) return entry
  return { ...entry, intent: transport.migrate(entry.intent) }
}

/** Undefined if it cannot be read, or is of another account: the server's list holds it as well. */
export function outcomeIn(row: Row, { transport, account }: Reader): Settled | undefined {
  try {
    const isReadable =
      typeof row.settledAt === 'number' &&
      row.account === account &&
      (transport.accepts?.(row.intent) ?? true) &&
      (transport.acceptsAnswer?.(row.answer) ?? true)
    // Written by `writeStep`.
    return isReadable ? (row as unknown as Settled) : undefined
  } catch {
    return undefined
  }
}

function newerEntry({ seq, id, orderingKey }: Row): StoredEntry {
  return { isNewer: true, seq: Number(seq), id: String(id), orderingKey }
}

function knownEntry({ schema, ...row }: Row, account: string): Entry | undefined {
  if (schema !== entrySchema || !hasStatus(row.status)) return undefined
  // Written by this code, from an entry.
  const entry = row as unknown as Entry
  return { ...entry, status: underAccount(entry, account) }
}

function hasStatus(status: unknown): status is StoredStatus {
  return ['queued', 'waiting', 'needs_person'].includes(Object(status).state)
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
