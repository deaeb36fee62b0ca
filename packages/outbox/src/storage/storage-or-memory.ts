import type { Platform } from '../platform.ts'
import { createMemoryStorage } from './memory-storage.ts'
import type { Storage } from './storage.ts'

/**
 * Safari is known to hang while it opens a database, and any browser waits while another page holds
 * one that is being deleted. A submission cannot wait for that.
 */
const openMs = 5_000
/** Opening again is cheap, but not on every keystroke. */
const askAgainMs = 30_000
/** Right after the browser closed a database, it refuses to open it again. */
const reopenMs = 1_000

/**
 * The device's storage, or memory while it cannot be opened: at first, or again after the
 * browser closed it. Nothing is moved then: the page sees another incarnation than the
 * one it wrote to. So it writes back the entries it holds, as after the storage was
 * cleared, and sends them only afterwards.
 *
 * @param onChange called when it may be another storage than before
 */
export function createStorageOrMemory(
  name: string,
  { open, monotonic, later }: Pick<Platform, 'open' | 'monotonic' | 'later'>,
  onChange: () => void,
): Storage {
  const memory = createMemoryStorage()
  let storage = memory
  let opening: Promise<void> | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let wasOpen = false

  async function best(): Promise<Storage> {
    if (!storage.durable && monotonic() - askedAt >= askAgainMs) {
      askedAt = monotonic()
      opening = new Promise((resolve) => {
        later(openMs, resolve)
        open(name, lost)
          .then(opened)
          .then(resolve, () => {
            if (wasOpen) later(reopenMs, lost)
            resolve()
          })
      })
    }
    await opening
    return storage
  }

  /** Called later than after 5 s too: then the entries in memory do not wait for the next attempt. */
  function opened(found: Storage): void {
    storage = found
    wasOpen = true
    onChange()
  }

  function lost(): void {
    storage = memory
    askedAt = Number.NEGATIVE_INFINITY
    onChange()
  }

  return {
    get durable() {
      return storage.durable
    },
    read: async (work) => (await best()).read(work),
    write: async (work) => (await best()).write(work),
  }
}
