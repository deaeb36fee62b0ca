import type { Platform } from '../platform.ts'

/** Longer than any attempt lasts, so whoever holds it that long is stuck or frozen. */
const patienceMs = 15_000

/**
 * Runs `work` while no other tab does so under this name. Only an optimisation:
 * without locks, or after waiting 15 s for a tab that does not let go, it runs
 * all the same, because the server is the judge of what happens twice.
 */
export async function holdLock(
  name: string,
  { locks, later }: Pick<Platform, 'locks' | 'later'>,
  work: () => Promise<void>,
): Promise<void> {
  if (locks === undefined) return work()

  const impatience = new AbortController()
  const calm = later(patienceMs, () => impatience.abort())
  let held = false
  try {
    await locks.request(name, { signal: impatience.signal }, () => {
      held = true
      calm()
      return work()
    })
  } catch (error) {
    if (held) throw error
    await work()
  } finally {
    calm()
  }
}
