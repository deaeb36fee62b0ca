import {
  type Entry,
  type EntryStatus,
  type EntryView,
  type FailureKind,
  isKnown,
  type NewEntry,
  type StoredEntry,
} from '../entry.ts'
import type { Incarnation, Reading } from '../storage/reading.ts'
import type { Held } from '../storage/store.ts'
import { emptySnapshot, type Snapshot } from './snapshot.ts'

/** A write failed, so sending waits until `retryAt` (the device's clock, ms). */
type StorageTrouble = { readonly lastError: FailureKind; readonly retryAt: number }

/** An entry between `add` and the first reading that finds it. */
type Adding = {
  readonly entry: NewEntry
  /** The database to which it was written, once it was. */
  written: Incarnation | undefined
}

/** A view and the data it was built from. */
type Made = {
  readonly entry: NewEntry
  readonly sent: number | undefined
  readonly trouble: StorageTrouble | undefined
  readonly view: EntryView
}

/** The snapshot for subscribers: the stored entries, held in memory, combined with the activity of this page. */
export function createSnapshotStore() {
  const listeners = new Set<() => void>()
  const adding = new Map<string, Adding>()
  const sending = new Map<string, number>()
  const troubled = new Map<string, StorageTrouble | undefined>()
  const views = new Map<string, Made>()
  let stored = new Map<string, StoredEntry>()
  let incarnation: Incarnation | undefined
  let last: Pick<Held, 'epoch' | 'history'> = { epoch: undefined, history: [] }
  let snapshot: Snapshot = emptySnapshot

  function entries(): StoredEntry[] {
    return [...stored.values()].sort((one, other) => one.seq - other.seq)
  }

  function publish(change: Partial<Snapshot> = {}): void {
    const inOrder = entries()
    const fresh = [...adding.values()].filter(({ entry }) => !stored.has(entry.id))
    const known = [...inOrder.filter(isKnown), ...fresh.map(({ entry }) => entry)]
    const newer = inOrder.flatMap((entry) => (isKnown(entry) ? [] : entry))
    snapshot = { ...snapshot, ...change, entries: known.map(viewOf), newer }
    for (const id of views.keys()) if (!stored.has(id) && !adding.has(id)) views.delete(id)
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        // A subscriber that throws must not keep an intent from being stored and sent.
        reportError(error)
      }
    }
  }

  /** Returns the same object while nothing in it has changed, so that a list renders only the changed rows. */
  function viewOf(entry: NewEntry): EntryView {
    const { id, orderingKey } = entry
    const [sent, trouble] = [sending.get(id), troubled.get(orderingKey)]
    const before = views.get(id)
    if (before?.entry === entry && before.sent === sent && before.trouble === trouble) {
      return before.view
    }
    const made = { entry, sent, trouble }
    const { lastError } = trouble ?? entry
    const attempts = sent ?? entry.attempts
    const view = { ...entry, attempts, lastError, status: statusOf(made) }
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
    /** The database that this page has read. */
    incarnation: () => incarnation,

    /** Shows an entry before it is written, so that it appears in the same frame. */
    adding(entry: NewEntry): void {
      adding.set(entry.id, { entry, written: undefined })
      publish()
    },
    /** From the next reading on, the store decides whether it is pending: it may be settled already. */
    written(id: string, incarnation: Incarnation): void {
      const added = adding.get(id)
      if (added) added.written = incarnation
    },
    /** Removes an entry that was not written, or was discarded unsent, so that it is not written back if the storage is cleared. */
    drop(id: string): void {
      adding.delete(id)
      stored.delete(id)
      publish()
    },

    /** Also keeps the bytes that are sent, to write them back if the storage is cleared. */
    sending(entry: Entry): () => void {
      sending.set(entry.id, entry.attempts)
      if (stored.has(entry.id)) stored.set(entry.id, entry)
      publish()
      return () => sending.delete(entry.id)
    },
    trouble(orderingKey: string, trouble: StorageTrouble | undefined): void {
      if (troubled.get(orderingKey) === trouble) return
      troubled.set(orderingKey, trouble)
      publish()
    },

    /**
     * What to write back, if the storage that was read is not the
     * one that this page wrote to. Until then they exist only in this page. So do the rows
     * of this reading, because the storage may be cleared again.
     */
    lostBy(reading: Reading): Held | undefined {
      const isOther = (known: Incarnation | undefined) => known && known !== reading.incarnation
      const isCleared = isOther(incarnation)
      const fresh = [...adding.values()].filter(({ written }) => isOther(written))
      if (!isCleared && fresh.length === 0) return undefined
      for (const entry of reading.entries) if (!stored.has(entry.id)) stored.set(entry.id, entry)
      publish({ durable: false })
      const held = [...entries().filter(isKnown), ...fresh.map(({ entry }) => entry)]
      return {
        ...last,
        // The store's order was lost with it.
        entries: held.sort((one, other) => one.addedAt - other.addedAt),
        outcomes: snapshot.outcomes,
      }
    },
    /** Only these: another entry may have been written, just before, to the database that is gone. */
    writtenBack(lost: Held, to: Incarnation): void {
      incarnation = to
      for (const { id } of lost.entries) {
        const added = adding.get(id)
        if (added?.written) added.written = to
      }
    },

    /** Call it before a reading, and the returned function with the result. */
    reading() {
      const written = [...adding.values()].filter((added) => added.written)
      return ({ of, entries, outcomes, ...reading }: Reading): void => {
        last = reading
        for (const { entry } of written) adding.delete(entry.id)
        const unread = <Row extends { readonly orderingKey: string }>(rows: Iterable<Row>) =>
          of === 'everything' ? [] : [...rows].filter(({ orderingKey }) => !of.has(orderingKey))
        const found = [...unread(stored.values()), ...entries]
        stored = new Map(found.map((entry) => [entry.id, entry]))
        incarnation = reading.incarnation
        const { durable, settled } = reading
        const known = [...unread(snapshot.outcomes), ...outcomes]
        publish({ ready: true, durable, outcomes: known, settled })
      }
    },
  }
}

function statusOf({ entry: { status }, sent, trouble }: Omit<Made, 'view'>): EntryStatus {
  if (sent !== undefined) return { state: 'sending' }
  const isTroubled = trouble !== undefined && status.state !== 'needs_person'
  return isTroubled ? { state: 'waiting', retryAt: trouble.retryAt } : status
}
