import type { Platform } from '../platform.ts'
import { createMemoryStorage } from './memory-storage.ts'
import type { Storage } from './storage.ts'

/** An open that hangs is known from Safari; the person's first words cannot wait for it. */
const openMs = 5_000
/** Where there is no storage, asking again costs little, but not on every key stroke. */
const askAgainMs = 30_000

/**
 * The device's storage, or memory until that can be opened. Nothing is moved then: to
 * the page it is another incarnation than the one it wrote to, so the page writes
 * back what it holds, as it does after the storage was cleared, and sends it only then.
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
      const calm = later(openMs, withoutIt)
      open(name, onLost).then(resolve, withoutIt).finally(calm)
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
