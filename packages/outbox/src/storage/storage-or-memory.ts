import type { Platform } from '../platform.ts'
import { createMemoryStorage } from './memory-storage.ts'
import type { Storage } from './storage.ts'

/** Safari is known to hang while it opens a database; a submission cannot wait for that. */
const openMs = 5_000
/** Opening again is cheap, but not on every keystroke. */
const askAgainMs = 30_000

/**
 * The device's storage, or memory until that can be opened. Nothing is moved then: the
 * page sees another incarnation than the one it wrote to. So it writes back the entries
 * it holds, as after the storage was cleared, and sends them only afterwards.
 */
export function createStorageOrMemory(
  name: string,
  { open, monotonic, later }: Pick<Platform, 'open' | 'monotonic' | 'later'>,
  onLost: () => void,
): Storage {
  const memory = createMemoryStorage()
  let storage = memory
  let opening = Promise.resolve(memory)
  let askedAt = Number.NEGATIVE_INFINITY

  async function best(): Promise<Storage> {
    if (!storage.durable && monotonic() - askedAt >= askAgainMs) {
      askedAt = monotonic()
      opening = opened()
    }
    storage = await opening
    return storage
  }

  function opened(): Promise<Storage> {
    return new Promise((resolve) => {
      const withoutIt = () => resolve(memory)
      later(openMs, withoutIt)
      open(name, onLost).then(resolve, withoutIt)
    })
  }

  return {
    get durable() {
      return storage.durable
    },
    read: async (work) => (await best()).read(work),
    write: async (work) => (await best()).write(work),
  }
}
