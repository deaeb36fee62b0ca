import { createAnswers } from './answers.ts'
import type { Entry, NewEntry, Refusal } from './entry.ts'
import { mintKey } from './mint-key.ts'
import { isStorageFull, NotWrittenError } from './not-written-error.ts'
import type { Outbox, OutboxOptions, Submission } from './outbox.ts'
import { browserPlatform, type Platform, type Tabs } from './platform.ts'
import { createEpochCheck } from './sending/check-epoch.ts'
import { type Delivery, deliver } from './sending/deliver.ts'
import { createSchedule } from './sending/schedule.ts'
import { createServerClock } from './server-clock.ts'
import { createSnapshotStore } from './snapshot/snapshot-store.ts'
import { createSnapshotSync } from './snapshot/snapshot-sync.ts'
import { confirmWrite } from './storage/confirm-write.ts'
import { databasePrefix } from './storage/database.ts'
import type { Incarnation, Reading } from './storage/reading.ts'
import { createStorageOrMemory } from './storage/storage-or-memory.ts'
import { createStore } from './storage/store.ts'
import type { Transport } from './transport.ts'

/**
 * Creates an outbox. An intent that is added is stored on the device, then sent
 * until the server has answered: in the order of its ordering key, and always
 * under one key. By that key the server makes it take effect once.
 */
export function createOutbox<Intent, Answer, Refused extends Refusal = Refusal>(
  options: OutboxOptions<Intent, Answer, Refused>,
): Outbox<Intent, Answer, Refused> {
  const platform: Platform = { ...browserPlatform(), ...options.platform }
  const { clock = createServerClock(platform.now) } = options
  const name = databasePrefix + options.name
  // The store returns only what `add` stored under this name and `accepts` has accepted.
  const transport = options as unknown as Transport
  const { account = '' } = options
  const reader = { transport, account, now: platform.now }
  const onLost = () => sync.refreshSoon()
  const store = createStore(createStorageOrMemory(name, platform, onLost), reader)
  const snapshots = createSnapshotStore()
  const answers = createAnswers()
  /**
   * Entries whose text was given back, although they may have been written. The person
   * may have submitted them again, under other keys, so they are removed before anything
   * is sent.
   */
  const givenBack = new Set<string>()
  const schedule = createSchedule(send, platform, onTrouble)
  const sync = createSnapshotSync({ store, snapshots, platform, onRead })
  const checkEpoch = createEpochCheck({ transport, store, monotonic: platform.monotonic })
  const delivery: Delivery = {
    name,
    transport,
    store,
    platform,
    clock,
    checkEpoch,
    isDue: schedule.isDue,
    onAnswer: schedule.answered,
    onSending: snapshots.sending,
  }
  let tabs: Tabs | undefined
  let isPersistent = false

  async function send(orderingKey: string): Promise<void> {
    try {
      for (const id of givenBack) {
        // Not if another tab has sent it: then it may have taken effect.
        await store.change(id, (entry) => (entry.body ? undefined : { ...entry, end: null }))
        givenBack.delete(id)
      }
      await deliver(orderingKey, delivery)
    } finally {
      tabs?.changed(orderingKey)
      await sync.refresh(orderingKey)
    }
    snapshots.trouble(orderingKey, undefined)
  }

  async function accept(entry: NewEntry, note: string | undefined): Promise<void> {
    // At the first entry: before that there is nothing to lose.
    if (!isPersistent) platform.persist()
    isPersistent = true
    givenBack.delete(entry.id)
    snapshots.adding(entry)
    snapshots.written(entry.id, await write(entry, note))
    changed(entry.orderingKey)
  }

  async function write(entry: NewEntry, note: string | undefined): Promise<Incarnation> {
    try {
      for (;;) {
        const written = await store.add(entry, { note, read: snapshots.incarnation() })
        if (written) return written
        await sync.refresh()
      }
    } catch (cause) {
      const found = await confirmWrite(entry.id, { store, later: platform.later })
      if (found) return found
      // On a full disk it was certainly not written.
      if (found === null) givenBack.add(entry.id)
      const error = new NotWrittenError(cause)
      answers.reject(entry.id, error)
      snapshots.drop(entry.id)
      throw error
    }
  }

  function onTrouble(orderingKey: string, error: unknown, waitMs: number): void {
    const retryAt = platform.now() + waitMs
    const lastError = { kind: 'storage', isFull: isStorageFull(error) } as const
    snapshots.trouble(orderingKey, { lastError, retryAt })
    // Otherwise the snapshot shows "sending" after the attempt is over, until another change is read.
    sync.refreshSoon()
  }

  function onRead({ history }: Reading): void {
    if (tabs) schedule.offer(snapshots.entries())
    answers.read(snapshots.getSnapshot(), history)
  }

  /** Undefined: any ordering key may have changed. */
  function changed(orderingKey: string | undefined): void {
    tabs?.changed(orderingKey)
    sync.refreshSoon(orderingKey)
  }

  /** Stores the decision of a person about an entry. */
  async function decide<T>(id: string, write: () => Promise<T>): Promise<T> {
    const { entries } = snapshots.getSnapshot()
    const orderingKey = entries.find((entry) => entry.id === id)?.orderingKey
    // If the storage was just cleared, this writes the entry back, so that the decision finds it.
    await sync.refresh(orderingKey)
    const result = await write()
    changed(orderingKey)
    return result
  }

  function wake(): void {
    schedule.wake()
    sync.refreshSoon()
  }

  const outbox: Outbox<unknown, unknown, Refusal> = {
    getSnapshot: snapshots.getSnapshot,
    subscribe: snapshots.subscribe,

    start() {
      tabs = platform.join(name, sync.refreshSoon)
      const unwatch = platform.onWake(wake)
      wake()
      return function stop() {
        unwatch()
        schedule.stop()
        tabs?.leave()
        tabs = undefined
      }
    },

    add(submission) {
      const key = submission.key ?? mintKey(clock.now())
      const entry = newEntry(submission, { key, account, addedAt: platform.now() })
      const answer = answers.to(entry.id)
      return { key: entry.key, written: accept(entry, submission.note), answer }
    },

    discard(id) {
      return decide(id, async () => {
        const discarded = await store.discard(id, transport.cancel !== undefined)
        if (discarded === 'gone') snapshots.drop(id)
        return discarded !== 'kept'
      })
    },

    takeBack(id) {
      return decide(id, async () => {
        const isGone = await store.takeBack(id)
        if (isGone) snapshots.drop(id)
        return isGone
      })
    },

    retry: (id) => decide(id, () => store.change(id, queuedAgain)),

    retryNow() {
      schedule.wakeAll()
      sync.refreshSoon()
    },

    serverAnswered: schedule.answered,

    async learnEpoch(epoch) {
      await store.learnEpoch(epoch)
      sync.refreshSoon()
    },

    async forgetOutcomes(before) {
      await store.forgetOutcomes(before)
      sync.refreshSoon()
    },
    readNote: store.readNote,
    writeNote: store.writeNote,
    changeNote: store.changeNote,
  }
  return outbox as Outbox<Intent, Answer, Refused>
}

function newEntry(
  submission: Submission<unknown>,
  { key, ...rest }: Pick<NewEntry, 'key' | 'account' | 'addedAt'>,
): NewEntry {
  // `add({ title })` would be sent as null.
  if (!('intent' in submission)) {
    throw new TypeError('Expected a submission with an `intent`.')
  }
  const { orderingKey = key, intent } = submission
  return {
    ...rest,
    id: key,
    key,
    orderingKey,
    intent,
    attempts: 0,
    reminted: false,
    isDiscarding: false,
    isUnknown: false,
    status: { state: 'queued' },
  }
}

function queuedAgain(entry: Entry): Entry | undefined {
  if (entry.status.state !== 'needs_person') return undefined
  return { ...entry, reminted: false, status: { state: 'queued' } }
}
