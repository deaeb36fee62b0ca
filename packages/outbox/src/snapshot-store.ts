import type { Entry, EntryStatus, EntryView, NewEntry, Outcome } from './entry.ts'
import { entrySchema } from './entry.ts'

export type Snapshot = {
  /** False until the storage was read for the first time. */
  readonly ready: boolean
  /** Whether entries outlive the page. False is to be told to the person. */
  readonly durable: boolean
  /** In the order in which they were added, over all tabs. */
  readonly entries: readonly EntryView[]
  /** The server's last word on each orderingKey lately sent about, until `forgetOutcomes`. */
  readonly outcomes: readonly Outcome[]
}

const nothing: Snapshot = { ready: false, durable: false, entries: [], outcomes: [] }

/** What subscribers see: what the store holds, with what this page is just doing. */
export function createSnapshotStore() {
  const listeners = new Set<() => void>()
  const adding = new Map<string, { entry: NewEntry; written: boolean }>()
  const sending = new Set<string>()
  let stored: readonly Entry[] = []
  let snapshot = nothing

  function publish(change: Partial<Snapshot> = {}): void {
    const known = new Set(stored.map((entry) => entry.id))
    const fresh = [...adding.values()].filter(({ entry }) => !known.has(entry.id))
    const entries = [...stored, ...fresh.map(({ entry }) => entry)]
      .filter((entry) => entry.schema === entrySchema)
      .map((entry) => viewOf(entry, sending.has(entry.id)))
    snapshot = { ...snapshot, ...change, entries }
    for (const listener of listeners) listener()
  }

  return {
    getSnapshot: () => snapshot,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    /** Shows an entry before it is written, so that it is seen in the same frame. */
    adding(entry: NewEntry): void {
      adding.set(entry.id, { entry, written: false })
      publish()
    },
    /** From the next reading on, the store speaks for it: it may be there, or settled already. */
    written(id: string): void {
      const added = adding.get(id)
      if (added !== undefined) added.written = true
    },
    notWritten(id: string): void {
      adding.delete(id)
      publish()
    },
    sending(id: string): () => void {
      sending.add(id)
      publish()
      return () => sending.delete(id)
    },

    /** Call it before reading, and what it returns with what was read. */
    reading() {
      const written = [...adding.values()].filter((added) => added.written)
      return (entries: readonly Entry[], outcomes: readonly Outcome[], durable: boolean): void => {
        for (const { entry } of written) adding.delete(entry.id)
        stored = entries
        publish({ ready: true, durable, outcomes })
      }
    },
  }
}

function viewOf(entry: NewEntry, isSending: boolean): EntryView {
  const { id, key, orderingKey, intent, addedAt } = entry
  return { id, key, orderingKey, intent, addedAt, status: statusOf(entry, isSending) }
}

function statusOf({ standing, attempts }: NewEntry, isSending: boolean): EntryStatus {
  if (isSending) {
    const lastError = standing.state === 'waiting' ? standing.lastError : undefined
    return { state: 'sending', attempts, lastError }
  }
  switch (standing.state) {
    case 'queued':
    case 'needs_person':
      return standing
    case 'waiting': {
      const { state, retryAt, lastError } = standing
      return { state, retryAt, attempts, lastError }
    }
  }
}
