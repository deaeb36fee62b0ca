import type { Entry, NewEntry, Outcome } from './entry.ts'
import type { Storage } from './storage.ts'

/** The steps an entry goes through. Each is one transaction, so a tab that dies leaves no half of one. */
export type Store = ReturnType<typeof createStore>

export function createStore(storage: Storage) {
  return {
    /** Whether what is kept outlives the page. */
    isDurable: () => storage.durable,

    /** Entries and outcomes of one moment: an entry is never gone before its outcome is there. */
    read(): Promise<{ entries: Entry[]; outcomes: Outcome[] }> {
      return storage.read(async (tables) => {
        const [entries, outcomes] = await Promise.all([tables.entries(), tables.outcomes()])
        return { entries, outcomes }
      })
    },

    /** Adding what is there already changes nothing. The note it was made from goes with it. */
    add(entry: NewEntry, note: string | undefined): Promise<void> {
      return storage.write(async (tables) => {
        if ((await tables.entry(entry.id)) === undefined) await tables.addEntry(entry)
        if (note !== undefined) await tables.removeNote(note)
      })
    },

    has(id: string): Promise<boolean> {
      return storage.read(async (tables) => (await tables.entry(id)) !== undefined)
    },

    /**
     * Lets `step` look at the first entry of an ordering key and at the last answer
     * there was; what it returns is written, then told. Nobody else can have
     * read or frozen the entry in between.
     */
    begin(
      orderingKey: string,
      step: (head: Entry, predecessor: Outcome | undefined) => Entry | undefined,
    ): Promise<Entry | undefined> {
      return storage.write(async (tables) => {
        const [head, predecessor] = await Promise.all([
          tables.head(orderingKey),
          tables.outcome(orderingKey),
        ])
        const begun = head && step(head, predecessor)
        if (begun !== undefined) await tables.replaceEntry(begun)
        return begun
      })
    },

    /** Changes an entry, if it is still there; `undefined` leaves it as it is. */
    change(id: string, step: (entry: Entry) => Entry | undefined): Promise<void> {
      return storage.write(async (tables) => {
        const entry = await tables.entry(id)
        const changed = entry && step(entry)
        if (changed !== undefined) await tables.replaceEntry(changed)
      })
    },

    /** Removes an entry if `may` allows it; true when it is gone afterwards. */
    remove(id: string, may: (entry: Entry) => boolean): Promise<boolean> {
      return storage.write(async (tables) => {
        const entry = await tables.entry(id)
        if (entry === undefined) return true
        if (!may(entry)) return false
        await tables.removeEntry(entry.seq)
        return true
      })
    },

    /** The outcome is kept and the entry is gone, or neither. Who comes second finds nothing to do. */
    settle(id: string, outcome: Outcome): Promise<void> {
      return storage.write(async (tables) => {
        const entry = await tables.entry(id)
        if (entry === undefined) return
        await tables.putOutcome(outcome)
        await tables.removeEntry(entry.seq)
      })
    },

    /** Outcomes from before that time; those a waiting entry may need to take its version from stay. */
    forgetOutcomes(before: number): Promise<void> {
      return storage.write(async (tables) => {
        const entries = await tables.entries()
        const needed = new Set(entries.map((entry) => entry.orderingKey))
        for (const { orderingKey, settledAt } of await tables.outcomes()) {
          if (settledAt < before && !needed.has(orderingKey))
            await tables.removeOutcome(orderingKey)
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
}
