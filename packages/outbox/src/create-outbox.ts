import { createAnswers } from './answers.ts'
import type { Advised, Entry, NewEntry } from './entry.ts'
import { mintKey } from './mint-key.ts'
import { isStorageFull, NotWrittenError } from './not-written-error.ts'
import type { Outbox, OutboxOptions, Submission } from './outbox.ts'
import { browserPlatform, type Platform, type Tabs } from './platform.ts'
import { createEpochCheck } from './sending/check-epoch.ts'
import { type Delivery, deliver } from './sending/deliver.ts'
import { createSchedule } from './sending/schedule.ts'
import { createSnapshotStore } from './snapshot/snapshot-store.ts'
import { createSnapshotSync } from './snapshot/snapshot-sync.ts'
import { confirmWrite } from './storage/confirm-write.ts'
import type { Reader } from './storage/rows.ts'
import { createStorageOrMemory } from './storage/storage-or-memory.ts'
import { createStore, type Incarnation, type Reading } from './storage/store.ts'
import type { Transport } from './transport.ts'

/**
 * An outbox: what is put in is sent until it is answered, once it is written
 * down, in order per ordering key, and under one key. It keeps nothing else from
 * happening twice; the server does, by the key.
 */
export function createOutbox<Intent, Answer, Refused extends Advised = Advised>(
  options: OutboxOptions<Intent, Answer, Refused>,
): Outbox<Intent, Answer, Refused> {
  const platform: Platform = { ...browserPlatform(), ...options.platform }
  const name = `idem-outbox-${options.name}`
  // What comes out of the store is what `add` put in under this name, or `accepts` looked at.
  const transport = options as unknown as Transport
  const reader = readerOf(transport, options.account ?? '', platform.now)
  const onLost = () => sync.refreshSoon()
  const store = createStore(createStorageOrMemory(name, platform, onLost), reader)
  const snapshots = createSnapshotStore()
  const answers = createAnswers()
  const schedule = createSchedule(send, platform, onTrouble)
  const sync = createSnapshotSync({ store, snapshots, platform, onRead })
  const checkEpoch = createEpochCheck({ transport, store, monotonic: platform.monotonic })
  const delivery: Delivery = {
    name,
    transport,
    store,
    platform,
    checkEpoch,
    isDue: schedule.isDue,
    onSending: snapshots.sending,
  }
  let tabs: Tabs | undefined
  let isPersistent = false

  async function send(orderingKey: string): Promise<void> {
    try {
      await deliver(orderingKey, delivery)
    } finally {
      tabs?.changed(orderingKey)
      await sync.refresh(orderingKey).catch(readLater)
    }
    snapshots.calm(orderingKey)
  }

  async function accept(entry: NewEntry, note: string | undefined): Promise<void> {
    persist()
    snapshots.adding(entry)
    snapshots.written(entry.id, await write(entry, note))
    changed(entry.orderingKey)
  }

  async function write(entry: NewEntry, note: string | undefined): Promise<Incarnation> {
    try {
      return await store.add(entry, note)
    } catch (cause) {
      const found = await confirmWrite(entry.id, { store, later: platform.later })
      if (found !== undefined) return found
      const error = new NotWrittenError(cause)
      answers.reject(entry.id, error)
      snapshots.notWritten(entry.id)
      throw error
    }
  }

  /** Or the snapshot would say "sending" of what has landed, until somebody else has news. */
  function readLater(error: unknown): never {
    sync.refreshSoon()
    throw error
  }

  function onTrouble(orderingKey: string, error: unknown, waitMs: number): void {
    const retryAt = platform.now() + waitMs
    snapshots.troubled(orderingKey, { isFull: isStorageFull(error), retryAt })
  }

  function onRead({ discarded }: Reading): void {
    if (tabs !== undefined) schedule.offer(snapshots.entries())
    answers.read(snapshots.getSnapshot(), discarded)
  }

  /** Without an ordering key: it may be any. */
  function changed(orderingKey: string | undefined): void {
    tabs?.changed(orderingKey)
    sync.refreshSoon(orderingKey)
  }

  function orderingKeyOf(id: string): string | undefined {
    return snapshots.getSnapshot().entries.find((entry) => entry.id === id)?.orderingKey
  }

  /** Asked at the first entry, for before there is nothing that could be lost. */
  function persist(): void {
    if (!isPersistent) platform.persist()
    isPersistent = true
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

    add(submission) {
      const entry = newEntry(submission, reader.account, platform.now())
      const answer = answers.to(entry.id)
      return { key: entry.key, written: accept(entry, submission.note), answer }
    },

    async discard(id) {
      const orderingKey = orderingKeyOf(id)
      // Were the storage just cleared, there would be nothing to discard, and then it would be written back.
      await sync.refresh(orderingKey)
      const discarded = await store.discard(id, transport.cancel !== undefined)
      if (discarded === 'gone') snapshots.gone(id)
      changed(orderingKey)
      return discarded !== 'kept'
    },

    async retry(id) {
      const orderingKey = orderingKeyOf(id)
      await sync.refresh(orderingKey)
      await store.change(id, queuedAgain)
      changed(orderingKey)
    },

    retryNow() {
      schedule.wakeAll()
      sync.refreshSoon()
    },

    async learnEpoch(epoch) {
      if (await store.learnEpoch(epoch)) sync.refreshSoon()
    },

    async forgetOutcomes(before) {
      await store.forgetOutcomes(before)
      sync.refreshSoon()
    },
    readNote: store.readNote,
    writeNote: store.writeNote,
  }
  return outbox as Outbox<Intent, Answer, Refused>
}

function readerOf(transport: Transport, account: string, now: () => number): Reader {
  return {
    account,
    now,
    accepts: (intent) => transport.accepts?.(intent) ?? true,
    migrate: (intent) => (transport.migrate ? transport.migrate(intent) : intent),
    acceptsAnswer: (answer) => transport.acceptsAnswer?.(answer) ?? true,
  }
}

function newEntry(submission: Submission<unknown>, account: string, addedAt: number): NewEntry {
  const { key = mintKey(addedAt), orderingKey = key, intent } = submission
  return {
    id: key,
    key,
    orderingKey,
    account,
    intent,
    addedAt,
    attempts: 0,
    reminted: false,
    isDiscarding: false,
    status: { state: 'queued' },
  }
}

function queuedAgain(entry: Entry): Entry | undefined {
  if (entry.status.state !== 'needs_person') return undefined
  return { ...entry, reminted: false, status: { state: 'queued' } }
}
