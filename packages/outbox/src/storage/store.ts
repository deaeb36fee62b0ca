import {
  type Entry,
  isNewer,
  isSame,
  type NewEntry,
  type Outcome,
  type Settled,
  type StoredEntry,
} from '../entry.ts'
import { discardedEntry } from './discarded-entry.ts'
import { append, discarded, ended, readList } from './list-notes.ts'
import { entryIn, outcomeIn, type Reader, type Row, rowOfEntry, rowOfOutcome } from './rows.ts'
import { noteSettled, readSettled } from './settled-history.ts'
import { incarnationNote, type Storage, type Tables } from './storage.ts'

/** The steps an entry goes through. Each is one transaction, so a tab that dies leaves no half of one. */
export type Store = ReturnType<typeof createStore>

/** Which database it was: `of` is its note, that none made by the first release has. */
export type Incarnation = { readonly of: unknown }

/** What the store held at one moment: everything, or all of some ordering keys. */
export type Reading = {
  readonly of: ReadonlySet<string> | 'everything'
  /** Which database was read. Another than before: the storage was cleared. */
  readonly incarnation: Incarnation
  readonly durable: boolean
  readonly entries: readonly StoredEntry[]
  readonly outcomes: readonly Outcome[]
  /** All of it, whatever else was read. */
  readonly settled: readonly Settled[]
  /** The ids of entries that ended without an effect lately. */
  readonly discarded: readonly unknown[]
}

/** How an entry that may have been sent is given up. `kept`: it cannot be. */
export type Discarded = 'gone' | 'cancelling' | 'kept'

/** The server's ledger epoch, as it was last learnt. */
const epochNote = 'outbox epoch'

export function createStore(storage: Storage, reader: Reader) {
  const entryOf = (row: Row | undefined) => row && entryIn(row, reader)

  async function knownEntry(tables: Tables, id: string): Promise<Entry | undefined> {
    const entry = entryOf(await tables.entry(id))
    return entry === undefined || isNewer(entry) ? undefined : entry
  }

  async function knownHead(tables: Tables, orderingKey: string): Promise<Entry | undefined> {
    const head = entryOf(await tables.head(orderingKey))
    return head === undefined || isNewer(head) ? undefined : head
  }

  /** Without an effect. */
  async function drop(tables: Tables, { seq, id }: Entry): Promise<void> {
    await tables.removeEntry(seq)
    await noteDiscarded(tables, id)
  }

  return {
    /** An entry is never gone before its outcome is there: both are of one moment. */
    read(of: ReadonlySet<string> | 'everything' = 'everything'): Promise<Reading> {
      return storage.read(async (tables) => {
        const [made, settled, discardedIds, [entries, outcomes]] = await Promise.all([
          tables.note(incarnationNote),
          readSettled(tables, reader),
          readList(tables, discarded),
          of === 'everything'
            ? Promise.all([tables.entries(), tables.outcomes()])
            : rowsOf(tables, of),
        ])
        return {
          of,
          incarnation: { of: made },
          durable: storage.durable,
          entries: entries.map((row) => entryIn(row, reader)),
          outcomes: outcomes.flatMap((row) => outcomeIn(row, reader) ?? []),
          settled,
          discarded: discardedIds,
        }
      })
    },

    /**
     * Adding what is there, or was, changes nothing. The note it was made from
     * goes with it. Resolves with the incarnation of the database it is in.
     */
    add(entry: NewEntry, note: string | undefined): Promise<Incarnation> {
      return storage.write(async (tables) => {
        if (!(await isKnown(tables, entry.id))) await tables.addEntry(rowOfEntry(entry))
        if (note !== undefined) await tables.removeNote(note)
        return { of: await tables.note(incarnationNote) }
      })
    },

    /** In which database it was ever written, if in any, though another tab may have sent and ended it since. */
    find(id: string): Promise<Incarnation | undefined> {
      return storage.read(async (tables) =>
        (await isKnown(tables, id)) ? { of: await tables.note(incarnationNote) } : undefined,
      )
    },

    /**
     * The first entry of an ordering key, if it is due, for one more attempt.
     * What is frozen already is only read: a full disk must not keep it from
     * being sent again. `freeze` gets the last answer there was; nobody else can
     * have read or frozen the entry in between.
     */
    async begin(
      orderingKey: string,
      isDue: (head: Entry) => boolean,
      freeze: (head: Entry, predecessor: Outcome | undefined) => Entry,
    ): Promise<Entry | undefined> {
      const seen = await storage.read((tables) => knownHead(tables, orderingKey))
      if (seen === undefined || !isDue(seen)) return undefined
      if (seen.body !== undefined) return again(seen)
      return storage.write(async (tables) => {
        const head = await knownHead(tables, orderingKey)
        if (head === undefined || !isDue(head)) return undefined
        if (head.body !== undefined) return again(head)
        const frozen = freeze(head, outcomeIn(await tables.outcome(orderingKey), reader))
        await tables.replaceEntry(rowOfEntry(frozen))
        return frozen
      })
    },

    isStill(entry: Entry): Promise<boolean> {
      return storage.read(async (tables) => {
        const now = await knownEntry(tables, entry.id)
        return now !== undefined && isSame(now, entry)
      })
    },

    /** Changes an entry, if it is still there; `undefined` leaves it as it is. */
    change(id: string, step: (entry: Entry) => Entry | undefined): Promise<void> {
      return storage.write(async (tables) => {
        const entry = await knownEntry(tables, id)
        const changed = entry && step(entry)
        if (changed !== undefined) await tables.replaceEntry(rowOfEntry(changed))
      })
    },

    /** What was never sent is removed; of anything else the key is cancelled from here on, if that is possible. */
    discard(id: string, canCancel: boolean): Promise<Discarded> {
      return storage.write(async (tables) => {
        const row = await tables.entry(id)
        if (row === undefined) {
          // Should its adding come only now, it must not be sent.
          if (!(await hasEnded(tables, id))) await noteDiscarded(tables, id)
          return 'gone'
        }
        const entry = entryIn(row, reader)
        if (isNewer(entry)) return 'kept'
        const next = discardedEntry(entry, canCancel)
        if (next === undefined) return 'kept'
        if (next === 'gone') await drop(tables, entry)
        else await tables.replaceEntry(rowOfEntry(next))
        return next === 'gone' ? next : 'cancelling'
      })
    },

    /** The outcome is kept and the entry is gone, or neither. Whichever tab comes second finds nothing to do. */
    settle(
      id: string,
      { attempts, answer, settledAt }: Pick<Settled, 'attempts' | 'answer' | 'settledAt'>,
    ): Promise<void> {
      return storage.write(async (tables) => {
        const entry = await knownEntry(tables, id)
        if (entry === undefined) return
        const { orderingKey, intent, isDiscarding: wasDiscarded } = entry
        const outcome = { orderingKey, intent, answer, settledAt, wasDiscarded }
        await tables.putOutcome(rowOfOutcome(outcome))
        await noteSettled(tables, { ...entry, attempts }, outcome)
        await tables.removeEntry(entry.seq)
        await append(tables, ended, id)
      })
    },

    /** Its key was cancelled, so it has had no effect and never will. */
    cancelled(id: string): Promise<void> {
      return storage.write(async (tables) => {
        const entry = await knownEntry(tables, id)
        if (entry?.isDiscarding) await drop(tables, entry)
      })
    },

    /**
     * Another epoch than before: the server went back to a backup, and may have
     * forgotten what it did under keys that were sent before. Those still unknown
     * are put before a person. What is being cancelled is not: cancelling finds out.
     * True when there was something to learn.
     */
    async learnEpoch(epoch: string): Promise<boolean> {
      const known = await storage.read((tables) => tables.note(epochNote))
      if (known === epoch) return false
      const written = storage.write(async (tables) => {
        const before = await tables.note(epochNote)
        if (before === epoch) return
        await tables.putNote(epochNote, epoch)
        if (before !== undefined) await askAboutUnknown(tables)
      })
      // Of the first one nothing depends, and a full disk must not keep anything from being sent again.
      await (known === undefined ? written.catch(() => undefined) : written)
      return true
    },

    /** Writes back what a page still holds after the storage was cleared under it. */
    writeBack(entries: readonly (Entry | NewEntry)[], outcomes: readonly Outcome[]): Promise<void> {
      return storage.write(async (tables) => {
        for (const entry of entries) await writeBackEntry(tables, entry)
        for (const outcome of outcomes) {
          if ((await tables.outcome(outcome.orderingKey)) === undefined) {
            await tables.putOutcome(rowOfOutcome(outcome))
          }
        }
      })
    },

    /** Outcomes from before that time; those a waiting entry may need to take its version from stay. */
    forgetOutcomes(before: number): Promise<void> {
      return storage.write(async (tables) => {
        for (const { subject, settledAt } of await tables.outcomes()) {
          const isOld = typeof settledAt !== 'number' || settledAt < before
          if (isOld && (await tables.head(subject)) === undefined) {
            await tables.removeOutcome(subject)
          }
        }
      })
    },

    readNote(name: string): Promise<unknown> {
      return storage.read((tables) => tables.note(name))
    },

    writeNote(name: string, value: unknown): Promise<void> {
      return storage.write(async (tables) => {
        if (value === undefined) await tables.removeNote(name)
        else await tables.putNote(name, value)
      })
    },
  }

  async function askAboutUnknown(tables: Tables): Promise<void> {
    const status = { state: 'needs_person', question: { kind: 'restored' } } as const
    for (const row of await tables.entries()) {
      const entry = entryIn(row, reader)
      const isUnknown = !isNewer(entry) && entry.body !== undefined && !entry.isDiscarding
      if (isUnknown && entry.status.state !== 'needs_person') {
        await tables.replaceEntry(rowOfEntry({ ...entry, status }))
      }
    }
  }

  /** Another tab may have been quicker; then the bytes that were frozen win over an entry without. */
  async function writeBackEntry(tables: Tables, entry: Entry | NewEntry): Promise<void> {
    if (await hasEnded(tables, entry.id)) return
    const there = await knownEntry(tables, entry.id)
    const row = rowOfEntry(entry)
    if (there === undefined) await tables.addEntry(withoutSeq(row))
    else if (there.body === undefined && entry.body !== undefined) {
      await tables.replaceEntry({ ...row, seq: there.seq })
    }
  }
}

async function rowsOf(tables: Tables, orderingKeys: ReadonlySet<string>): Promise<[Row[], Row[]]> {
  const found = await Promise.all(
    [...orderingKeys].map((orderingKey) =>
      Promise.all([tables.entriesOf(orderingKey), tables.outcome(orderingKey)]),
    ),
  )
  return [found.flatMap(([entries]) => entries), found.flatMap(([, outcome]) => outcome ?? [])]
}

async function isKnown(tables: Tables, id: string): Promise<boolean> {
  if ((await tables.entry(id)) !== undefined) return true
  return hasEnded(tables, id)
}

async function hasEnded(tables: Tables, id: string): Promise<boolean> {
  return (await readList(tables, ended)).includes(id)
}

async function noteDiscarded(tables: Tables, id: string): Promise<void> {
  await append(tables, ended, id)
  await append(tables, discarded, id)
}

/** Counted on disk when the attempt is over: to send what is frozen needs no write before. */
function again(entry: Entry): Entry {
  return { ...entry, attempts: entry.attempts + 1 }
}

function withoutSeq({ seq: _, ...row }: Row): Row {
  return row
}
