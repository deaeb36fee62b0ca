import { type Entry, isKnown, isSame, type NewEntry, type Outcome, type Settled } from '../entry.ts'
import { type Ending, hasEnded, noteEnding, readHistory } from './history.ts'
import { readEpoch, writeEpoch } from './ledger-epoch.ts'
import {
  type Extent,
  type Incarnation,
  type Reading,
  readIncarnation,
  readTables,
} from './reading.ts'
import { entryIn, outcomeIn, type Reader, type Row, rowOf } from './rows.ts'
import { discardedEntry, type Step, writeStep } from './step.ts'
import type { Storage, Tables } from './storage.ts'

/** All changes of stored entries. Each write is one transaction, so a tab that dies leaves nothing half done. */
export type Store = ReturnType<typeof createStore>

/** What a page holds of a storage that was cleared, or that it can open again, or cannot. */
export type Held = {
  readonly entries: readonly (Entry | NewEntry)[]
} & Pick<Reading, 'outcomes' | 'history' | 'epoch'>

export function createStore(storage: Storage, reader: Reader) {
  function known(row: Row | undefined): Entry | undefined {
    const entry = row && entryIn(row, reader)
    return entry && isKnown(entry) ? entry : undefined
  }

  return {
    /** One consistent reading: an entry is never missing before its outcome is there. */
    read(of: Extent = 'everything'): Promise<Reading> {
      return storage.read(async (tables) => {
        const found = await readTables(tables, of, reader)
        return { ...found, durable: storage.durable }
      })
    },

    /**
     * Adding an entry that is or was stored changes nothing. The note it was written in
     * is removed with it. Resolves with the database to which it was written; with undefined,
     * and writes nothing, if that is another one than the page has read: what the page still
     * holds comes before it.
     */
    add(
      entry: NewEntry,
      { note, read }: { readonly note: string | undefined; readonly read: Incarnation | undefined },
    ): Promise<Incarnation | undefined> {
      return storage.write(async (tables) => {
        const incarnation = await readIncarnation(tables)
        if (read && read !== incarnation) return undefined
        if (!(await isStored(tables, entry.id))) await tables.put('entries', rowOf(entry))
        if (note !== undefined) await tables.putNote(note, undefined)
        return incarnation
      })
    },

    /** The database to which an entry was written, if any, even if another tab has sent and ended it since. */
    find(id: string): Promise<Incarnation | undefined> {
      return storage.read(async (tables) =>
        (await isStored(tables, id)) ? readIncarnation(tables) : undefined,
      )
    },

    /**
     * Returns the first entry of an ordering key for one more attempt, if it is due.
     * An entry that is sent again by itself is only read, because a full disk must not
     * prevent that. `freeze` gets the last answers; no other tab can read or freeze the
     * entry in between. Before an attempt that could be its first with an effect, the disk
     * has `isUnknown`; the result says whether an earlier one is.
     */
    async begin(
      orderingKey: string,
      isDue: (head: Entry) => boolean,
      freeze: (head: Entry, predecessor: Outcome | undefined, settled: readonly Settled[]) => Entry,
    ): Promise<Entry | undefined> {
      async function dueHead(tables: Tables): Promise<Entry | undefined> {
        const [row] = await tables.rowsOf('entries', orderingKey, 1)
        const head = known(row)
        return head && isDue(head) ? head : undefined
      }
      const seen = await storage.read(dueHead)
      if (seen?.body && seen.isUnknown) return again(seen)
      if (!seen) return undefined
      return storage.write(async (tables) => {
        const head = await dueHead(tables)
        if (!head) return undefined
        const [predecessor] = await tables.rowsOf('outcomes', orderingKey)
        const history = await readHistory(tables, reader)
        const settled = history.flatMap(({ settled }) => settled ?? [])
        const begun = head.body
          ? again(head)
          : freeze(head, predecessor && outcomeIn(predecessor, reader), settled)
        await tables.put('entries', rowOf({ ...begun, isUnknown: 'body' in begun }))
        return begun
      })
    },

    isStill(entry: Entry): Promise<boolean> {
      return storage.read(async (tables) => {
        const now = known(await tables.entry(entry.id))
        return now !== undefined && isSame(now, entry)
      })
    },

    /** Takes a step, if the entry is still there. The tab that comes second finds nothing to do. */
    change(id: string, step: Step): Promise<void> {
      return storage.write(async (tables) => {
        const entry = known(await tables.entry(id))
        const next = entry && step(entry)
        if (next) await writeStep(tables, next)
      })
    },

    /**
     * An entry that was never sent is removed; of any other one the key is
     * cancelled from here on, if that is possible. `kept`: it is not.
     */
    discard(id: string, canCancel: boolean): Promise<'gone' | 'cancelling' | 'kept'> {
      return storage.write(async (tables) => {
        const row = await tables.entry(id)
        if (!row) {
          // If it is written only now, it must not be sent.
          if (!(await hasEnded(tables, id))) await noteEnding(tables, { id })
          return 'gone'
        }
        const entry = known(row)
        const next = entry && discardedEntry(entry, canCancel)
        if (!next) return 'kept'
        await writeStep(tables, next)
        return 'end' in next ? 'gone' : 'cancelling'
      })
    },

    async takeBack(id: string): Promise<boolean> {
      return storage.write(async (tables) => {
        const entry = known(await tables.entry(id))
        if (!entry || entry.body) return false
        const same = await tables.rowsOf('entries', entry.orderingKey)
        if (same.at(-1)?.id !== id) return false
        await writeStep(tables, { ...entry, end: 'no answer' })
        return true
      })
    },

    async learnEpoch(epoch: string): Promise<void> {
      const known = await storage.read(readEpoch)
      if (known === epoch) return
      const written = storage.write((tables) => writeEpoch(tables, epoch, reader))
      // Nothing depends on the first one, and a full disk must not prevent a repeated sending.
      await (known === undefined ? written.catch(() => undefined) : written)
    },

    /**
     * Writes what a page still holds to another storage than the one it was in. That may have
     * entries which have ended since, and the epoch of before a restore.
     */
    writeBack({ entries, outcomes, history, epoch }: Held): Promise<void> {
      return storage.write(async (tables) => {
        if (epoch) await writeEpoch(tables, epoch, reader)
        for (const ending of history) await endAgain(tables, ending)
        for (const entry of entries) await writeBackEntry(tables, entry)
        for (const outcome of outcomes) {
          const [there] = await tables.rowsOf('outcomes', outcome.orderingKey)
          const isKnown = Number(there?.settledAt) >= outcome.settledAt
          if (!isKnown) await tables.put('outcomes', rowOf(outcome))
        }
      })
    },

    /** Removes outcomes from before that time, except where a pending entry may need the version. */
    forgetOutcomes(before: number): Promise<void> {
      return storage.write(async (tables) => {
        for (const row of await tables.all('outcomes')) {
          const { orderingKey, settledAt } = row
          const isOld = !(Number(settledAt) >= before)
          if (isOld && (await tables.rowsOf('entries', orderingKey, 1)).length === 0) {
            await tables.delete('outcomes', row)
          }
        }
      })
    },

    readNote(name: string): Promise<unknown> {
      return storage.read((tables) => tables.note(name))
    },

    async writeNote(name: string, value: unknown): Promise<void> {
      await storage.write((tables) => tables.putNote(name, value))
    },

    async changeNote(name: string, change: (value: unknown) => unknown): Promise<void> {
      await storage.write(async (tables) => tables.putNote(name, change(await tables.note(name))))
    },
  }

  /** If another tab was faster, an entry with frozen bytes replaces one without, and a discarded one any other. */
  async function writeBackEntry(tables: Tables, entry: Entry | NewEntry): Promise<void> {
    if (await hasEnded(tables, entry.id)) return
    const there = known(await tables.entry(entry.id))
    const { seq: _, ...row } = rowOf(entry)
    if (!there) await tables.put('entries', row)
    else if (entry.body && (entry.isDiscarding || !there.body)) {
      await tables.put('entries', { ...row, seq: there.seq })
    }
  }
}

async function endAgain(tables: Tables, { settled, ...ending }: Ending): Promise<void> {
  const row = await tables.entry(ending.id)
  if (row) await tables.delete('entries', row)
  if (!(await hasEnded(tables, ending.id))) {
    await noteEnding(tables, settled ? rowOf(settled) : ending)
  }
}

/** Whether it is stored, or was. */
async function isStored(tables: Tables, id: string): Promise<boolean> {
  return (await tables.entry(id)) !== undefined || hasEnded(tables, id)
}

/** Counted on disk only after the attempt: sending frozen bytes needs no write before it. */
function again(entry: Entry): Entry {
  return { ...entry, attempts: entry.attempts + 1 }
}
