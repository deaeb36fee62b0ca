import {
  type Entry,
  type EntryStatus,
  type EntryView,
  isKnown,
  isNewer,
  type NewEntry,
  type NewerEntry,
  type Outcome,
  type Settled,
  type StoredEntry,
} from '../entry.ts'
import type { Incarnation, Reading } from '../storage/store.ts'

export type Snapshot = {
  /** False until the storage was read for the first time. */
  readonly ready: boolean
  /** Whether entries outlive the page. False is to be said to the person. */
  readonly durable: boolean
  /** In the order in which they were added, over all tabs. */
  readonly entries: readonly EntryView[]
  /** What another release of the page made and this one does not know. */
  readonly newer: readonly NewerEntry[]
  /** The server's last answer on each ordering key lately sent about, until `forgetOutcomes`. */
  readonly outcomes: readonly Outcome[]
  /** Operations answered lately, oldest first: the last 50 of the last 24 hours. */
  readonly settled: readonly Settled[]
}

/** Writing failed, so sending waits until that time (the device's clock, ms). */
type StorageTrouble = { readonly isFull: boolean; readonly retryAt: number }

/** An entry between `add` and the first reading that finds it. */
type Adding = {
  readonly entry: NewEntry
  /** Which database it was written to, once it was. */
  written: Incarnation | undefined
}

type Lost = {
  readonly entries: readonly (Entry | NewEntry)[]
  readonly outcomes: readonly Outcome[]
}

/** A view, and what it was made from. */
type Made = {
  readonly entry: NewEntry
  readonly sent: number | undefined
  readonly trouble: StorageTrouble | undefined
  readonly view: EntryView
}

const nothing: Snapshot = {
  ready: false,
  durable: false,
  entries: [],
  newer: [],
  outcomes: [],
  settled: [],
}

/** What subscribers see: what the store holds, kept in memory, with what this page is just doing. */
export function createSnapshotStore() {
  const listeners = new Set<() => void>()
  const adding = new Map<string, Adding>()
  const sending = new Map<string, number>()
  const troubled = new Map<string, StorageTrouble>()
  const views = new Map<string, Made>()
  let stored = new Map<string, StoredEntry>()
  let outcomes = new Map<string, Outcome>()
  let incarnation: Incarnation | undefined
  let snapshot = nothing

  function entries(): StoredEntry[] {
    return [...stored.values()].sort((one, other) => one.seq - other.seq)
  }

  function publish(change: Partial<Snapshot> = {}): void {
    const inOrder = entries()
    const fresh = [...adding.values()].filter(({ entry }) => !stored.has(entry.id))
    const known = [...inOrder.filter(isKnown), ...fresh.map(({ entry }) => entry)]
    const newer = inOrder.filter(isNewer)
    snapshot = { ...snapshot, ...change, entries: known.map(viewOf), newer }
    for (const id of views.keys()) if (!stored.has(id) && !adding.has(id)) views.delete(id)
    for (const listener of listeners) listener()
  }

  /** The same object as long as nothing of it changed, so that a list renders only the rows that did. */
  function viewOf(entry: NewEntry): EntryView {
    const { id, orderingKey } = entry
    const made = { entry, sent: sending.get(id), trouble: troubled.get(orderingKey) }
    const before = views.get(id)
    const isSame =
      before?.entry === entry && before.sent === made.sent && before.trouble === made.trouble
    if (before !== undefined && isSame) return before.view
    const view = viewFrom(made)
    views.set(id, { ...made, view })
    return view
  }

  return {
    getSnapshot: () => snapshot,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    entries,

    /** Shows an entry before it is written, so that it is seen in the same frame. */
    adding(entry: NewEntry): void {
      adding.set(entry.id, { entry, written: undefined })
      publish()
    },
    /** From the next reading on, the store speaks for it: it may be there, or settled already. */
    written(id: string, incarnation: Incarnation): void {
      const added = adding.get(id)
      if (added !== undefined) added.written = incarnation
    },
    /** It was discarded unsent, and must not be written back were the storage cleared right now. */
    gone(id: string): void {
      if (stored.delete(id)) publish()
    },
    notWritten(id: string): void {
      adding.delete(id)
      publish()
    },

    /** Also keeps the bytes that are sent: were the storage cleared, they would be written back. */
    sending(entry: Entry): () => void {
      sending.set(entry.id, entry.attempts)
      if (stored.has(entry.id)) stored.set(entry.id, entry)
      publish()
      return () => sending.delete(entry.id)
    },
    troubled(orderingKey: string, trouble: StorageTrouble): void {
      troubled.set(orderingKey, trouble)
      publish()
    },
    calm(orderingKey: string): void {
      if (troubled.delete(orderingKey)) publish()
    },

    /**
     * What is to be written back, if the storage that was read is not the one that
     * it was written to. Until then it is only in this page, and so is what was
     * just read, for the storage may be cleared again.
     */
    lostBy(reading: Reading): Lost | undefined {
      const isOther = (known: Incarnation | undefined) =>
        known !== undefined && known.of !== reading.incarnation.of
      const isCleared = isOther(incarnation)
      const fresh = [...adding.values()].filter(({ written }) => isOther(written))
      if (!isCleared && fresh.length === 0) return undefined
      for (const entry of reading.entries) if (!stored.has(entry.id)) stored.set(entry.id, entry)
      publish({ durable: false })
      const held = [...entries().filter(isKnown), ...fresh.map(({ entry }) => entry)]
      return {
        // The order of the store is lost with it.
        entries: held.sort((one, other) => one.addedAt - other.addedAt),
        outcomes: [...outcomes.values()],
      }
    },
    writtenBack(lost: Lost, to: Incarnation): void {
      incarnation = to
      for (const { id } of lost.entries) {
        const added = adding.get(id)
        if (added?.written !== undefined) added.written = to
      }
    },

    /** Call it before reading, and what it returns with what was read. */
    reading() {
      const written = [...adding.values()].filter((added) => added.written)
      return (reading: Reading): void => {
        for (const { entry } of written) adding.delete(entry.id)
        stored = replaced(stored, reading, reading.entries, ({ id }) => id)
        outcomes = replaced(outcomes, reading, reading.outcomes, ({ orderingKey }) => orderingKey)
        incarnation = reading.incarnation
        const { durable, settled } = reading
        publish({ ready: true, durable, outcomes: [...outcomes.values()], settled })
      }
    },
  }
}

function replaced<Value extends { readonly orderingKey: string }>(
  before: ReadonlyMap<string, Value>,
  { of }: Reading,
  read: readonly Value[],
  nameOf: (value: Value) => string,
): Map<string, Value> {
  const rest = of === 'everything' ? [] : [...before].filter(([, one]) => !of.has(one.orderingKey))
  return new Map([...rest, ...read.map((value) => [nameOf(value), value] as const)])
}

function viewFrom(made: Omit<Made, 'view'>): EntryView {
  const { id, key, orderingKey, intent, addedAt, isDiscarding, attempts, lastError } = made.entry
  const { sent = attempts, trouble } = made
  return {
    ...{ id, key, orderingKey, intent, addedAt, isDiscarding },
    attempts: sent,
    lastError: trouble ? { kind: 'storage', isFull: trouble.isFull } : lastError,
    status: statusOf(made),
  }
}

function statusOf({ entry: { status }, sent, trouble }: Omit<Made, 'view'>): EntryStatus {
  if (sent !== undefined) return { state: 'sending' }
  if (status.state === 'needs_person') return status
  if (trouble !== undefined) return { state: 'waiting', retryAt: trouble.retryAt }
  return status.state === 'waiting' ? { state: 'waiting', retryAt: status.retryAt } : status
}
