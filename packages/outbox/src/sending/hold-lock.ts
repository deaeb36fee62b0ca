import type { Platform } from '../platform.ts'

/** Longer than any attempt, so a tab that holds the lock longer is stuck or frozen. */
const patienceMs = 15_000

/**
 * Runs `work` while no other tab runs work under this name. Only an optimisation:
 * without locks, or after waiting 15 s for a tab that does not release the lock, it
 * runs anyway, because the server prevents a second effect.
 */
export async function holdLock(
  name: string,
  { locks, later }: Pick<Platform, 'locks' | 'later'>,
  work: () => Promise<void>,
): Promise<void> {
  if (!locks) return work()

  const impatience = new AbortController()
  // Without effect once the lock is held.
  later(patienceMs, () => impatience.abort())
  let held = false
  try {
    await locks.request(name, { signal: impatience.signal }, () => {
      held = true
      return work()
    })
  } catch (error) {
    if (held) throw error
    await work()
  }
}
