import { confirmWrite } from './confirm-write.ts'
import { deliver } from './deliver.ts'
import { type Advised, type Entry, entrySchema, type NewEntry } from './entry.ts'
import type { Outbox, OutboxOptions, Submission } from './outbox.ts'
import { browserPlatform } from './platform.ts'
import { createSchedule } from './schedule.ts'
import { createSnapshotStore } from './snapshot-store.ts'
import { createSnapshotSync } from './snapshot-sync.ts'
import { createStorageOrMemory } from './storage-or-memory.ts'
import { createStore } from './store.ts'

/**
 * An outbox: what is put in is sent until it is answered, once it is written
 * down, in order per orderingKey, and under one key. It keeps nothing else from
 * happening twice; the server does, by the key.
 */
export function createOutbox<Intent, Answer, Refused extends Advised>(
  options: OutboxOptions<Intent, Answer, Refused>,
): Outbox<Intent, Answer, Refused> {
  const platform = { ...browserPlatform(), ...options.platform }
  const name = `idem-outbox-${options.name}`
  const store = createStore(createStorageOrMemory(name, platform))
  const snapshots = createSnapshotStore()
  const schedule = createSchedule(send, platform)
  const sync = createSnapshotSync({ store, snapshots, platform, onRead })
  let tabs: { tell(): void; leave(): void } | undefined

  async function send(orderingKey: string): Promise<void> {
    const { isDue } = schedule
    const onSending = snapshots.sending
    try {
      await deliver(orderingKey, { name, transport: options, store, platform, isDue, onSending })
    } finally {
      tabs?.tell()
      await sync.refresh().catch(readLater)
    }
  }

  /** Or the snapshots would say "sending" of what has landed, until somebody else has news. */
  function readLater(error: unknown): never {
    sync.refreshSoon()
    throw error
  }

  function onRead(entries: readonly Entry[]): void {
    if (tabs !== undefined) schedule.offer(entries)
  }

  function changed(): void {
    tabs?.tell()
    sync.refreshSoon()
  }

  const outbox: Outbox<unknown, unknown, Advised> = {
    getSnapshot: snapshots.getSnapshot,
    subscribe: snapshots.subscribe,

    start() {
      tabs = platform.join(name, sync.refreshSoon)
      const unwatch = platform.onWake(() => {
        schedule.wake()
        sync.refreshSoon()
      })
      schedule.wake()
      sync.refreshSoon()
      return function stop() {
        unwatch()
        schedule.stop()
        tabs?.leave()
        tabs = undefined
      }
    },

    async add(submission) {
      const entry = newEntry(submission, platform.now())
      snapshots.adding(entry)
      try {
        await store.add(entry, submission.note)
      } catch (cause) {
        if (!(await confirmWrite(entry.id, { store, later: platform.later }))) {
          snapshots.notWritten(entry.id)
          throw new Error('This could not be written to the storage of the device.', { cause })
        }
      }
      snapshots.written(entry.id)
      changed()
    },

    async discard(id) {
      const gone = await store.remove(id, neverSentOrRefused)
      changed()
      return gone
    },

    async retry(id) {
      await store.change(id, queuedAgain)
      changed()
    },

    retryNow() {
      schedule.wakeAll()
      sync.refreshSoon()
    },

    async forgetOutcomes(before) {
      await store.forgetOutcomes(before)
      sync.refreshSoon()
    },
    readNote: store.readNote,
    writeNote: store.writeNote,
  }
  // What comes out of the store is what `add` put in under this name.
  return outbox as Outbox<Intent, Answer, Refused>
}

function newEntry(submission: Submission<unknown>, addedAt: number): NewEntry {
  const { key, orderingKey, intent } = submission
  return {
    schema: entrySchema,
    id: key,
    key,
    orderingKey,
    intent,
    addedAt,
    attempts: 0,
    reminted: false,
    standing: { state: 'queued' },
  }
}

function neverSentOrRefused(entry: Entry): boolean {
  return entry.body === undefined || entry.standing.state === 'needs_person'
}

function queuedAgain(entry: Entry): Entry | undefined {
  if (entry.standing.state !== 'needs_person') return undefined
  return { ...entry, reminted: false, standing: { state: 'queued' } }
}
