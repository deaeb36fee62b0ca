import { createBoard } from './board.ts'
import { deliver } from './deliver.ts'
import { type Advised, type Entry, entrySchema, type NewEntry } from './entry.ts'
import { createMirror } from './mirror.ts'
import type { Outbox, OutboxOptions, Submission } from './outbox.ts'
import { createSchedule } from './schedule.ts'
import { createStorageOrMemory } from './storage-or-memory.ts'
import { createStore } from './store.ts'
import { browserSurroundings } from './surroundings.ts'
import { wasWritten } from './was-written.ts'

/**
 * An outbox: what is put in is sent until it is answered, once it is written
 * down, in order per subject, and under one key. It keeps nothing else from
 * happening twice; the server does, by the key.
 */
export function createOutbox<Intent, Answer, Refused extends Advised>(
  options: OutboxOptions<Intent, Answer, Refused>,
): Outbox<Intent, Answer, Refused> {
  const surroundings = { ...browserSurroundings(), ...options.surroundings }
  const name = `idem-outbox-${options.name}`
  const store = createStore(createStorageOrMemory(name, surroundings))
  const board = createBoard()
  const schedule = createSchedule(send, surroundings)
  const mirror = createMirror({ store, board, surroundings, onRead })
  let tabs: { tell(): void; leave(): void } | undefined

  async function send(subject: string): Promise<void> {
    const { isDue } = schedule
    const onSending = board.sending
    try {
      await deliver(subject, { name, carrier: options, store, surroundings, isDue, onSending })
    } finally {
      tabs?.tell()
      await mirror.refresh().catch(readLater)
    }
  }

  /** Or the board would say "sending" of what has landed, until somebody else has news. */
  function readLater(error: unknown): never {
    mirror.refreshSoon()
    throw error
  }

  function onRead(entries: readonly Entry[]): void {
    if (tabs !== undefined) schedule.offer(entries)
  }

  function changed(): void {
    tabs?.tell()
    mirror.refreshSoon()
  }

  const outbox: Outbox<unknown, unknown, Advised> = {
    getSnapshot: board.getSnapshot,
    subscribe: board.subscribe,

    start() {
      tabs = surroundings.join(name, mirror.refreshSoon)
      const unwatch = surroundings.onWake(() => {
        schedule.wake()
        mirror.refreshSoon()
      })
      schedule.wake()
      mirror.refreshSoon()
      return function stop() {
        unwatch()
        schedule.stop()
        tabs?.leave()
        tabs = undefined
      }
    },

    async add(submission) {
      const entry = newEntry(submission, surroundings.now())
      board.adding(entry)
      try {
        await store.add(entry, submission.note)
      } catch (cause) {
        if (!(await wasWritten(entry.id, { store, later: surroundings.later }))) {
          board.notWritten(entry.id)
          throw new Error('This could not be written to the storage of the device.', { cause })
        }
      }
      board.written(entry.id)
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
      mirror.refreshSoon()
    },

    async forgetOutcomes(before) {
      await store.forgetOutcomes(before)
      mirror.refreshSoon()
    },
    readNote: store.readNote,
    writeNote: store.writeNote,
  }
  // What comes out of the store is what `add` put in under this name.
  return outbox as Outbox<Intent, Answer, Refused>
}

function newEntry(submission: Submission<unknown>, addedAt: number): NewEntry {
  const { key, subject, intent } = submission
  return {
    schema: entrySchema,
    id: key,
    key,
    subject,
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
