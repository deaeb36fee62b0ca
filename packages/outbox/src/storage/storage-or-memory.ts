import type { Platform } from '../platform.ts'
import { append, discarded, ended, readList, settled } from './list-notes.ts'
import { createMemoryStorage } from './memory-storage.ts'
import type { Row } from './rows.ts'
import type { Storage } from './storage.ts'

/** An open that hangs is known from Safari; the person's first words cannot wait for it. */
const openMs = 5_000
/** Where there is no storage, asking again costs little, but not on every key stroke. */
const askAgainMs = 30_000
/** Otherwise an entry that was answered in memory would seem to be lost. */
const movedLists = [ended, discarded, settled]

/**
 * The device's storage, or memory until it is there. As soon as it can be
 * opened, what memory holds moves over before anything else is done, so nothing
 * is sent from memory that could have been written down first.
 */
export function createStorageOrMemory(
  name: string,
  { open, monotonic, later }: Pick<Platform, 'open' | 'monotonic' | 'later'>,
  onLost: () => void,
): Storage {
  const memory = createMemoryStorage()
  let device: Storage | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let turn: Promise<unknown> = Promise.resolve()

  async function best(): Promise<Storage> {
    if (device === undefined && monotonic() - askedAt >= askAgainMs) {
      askedAt = monotonic()
      device = await opened().catch(() => undefined)
    }
    return device ?? memory
  }

  async function opened(): Promise<Storage> {
    const storage = await soon(open(name, onLost), later)
    await move(memory, storage)
    return storage
  }

  /** Until there is a device, one after another: nothing may reach memory while it moves. */
  function inTurn<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
    if (device !== undefined) return work(device)
    const result = turn.then(async () => work(await best()))
    turn = result.catch(() => undefined)
    return result
  }

  return {
    get durable() {
      return device !== undefined
    },
    read: (work) => inTurn((storage) => storage.read(work)),
    write: (work) => inTurn((storage) => storage.write(work)),
  }
}

function soon<T>(opening: Promise<T>, later: Platform['later']): Promise<T> {
  return new Promise((resolve, reject) => {
    const calm = later(openMs, () => reject(new Error('The storage did not open within 5 s.')))
    opening.then(resolve, reject).finally(calm)
  })
}

async function move(memory: Storage, device: Storage): Promise<void> {
  const [entries, outcomes, ...lists] = await memory.read((tables) =>
    Promise.all([
      tables.entries(),
      tables.outcomes(),
      ...movedLists.map((list) => readList(tables, list)),
    ]),
  )
  if ([entries, outcomes, ...lists].every(({ length }) => length === 0)) return
  await device.write(async (tables) => {
    for (const { seq: _, ...row } of entries) await tables.addEntry(row as Row)
    for (const row of outcomes) await tables.putOutcome(row)
    for (const [at, list] of movedLists.entries()) {
      await append(tables, list, ...(lists[at] ?? []))
    }
  })
}
