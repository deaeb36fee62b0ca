import { setTimeout as pause } from 'node:timers/promises'

export type RefreshTiming = {
  /** A result is used for this long. */
  readonly freshMs: number
  /** A caller waits at most this long for a result. */
  readonly patienceMs: number
}

/**
 * Runs the work on demand, once at a time and not again before the last result is old. A caller
 * waits only for a limited time.
 */
export function throttledRefresh(
  rhythm: RefreshTiming,
  work: () => Promise<unknown>,
): () => Promise<void> {
  let running: Promise<void> | undefined
  let freshUntil = Number.NEGATIVE_INFINITY

  async function run(): Promise<void> {
    freshUntil = performance.now() + rhythm.freshMs
    await work()
    running = undefined
  }

  return async function refresh() {
    if (running === undefined && performance.now() >= freshUntil) running = run()
    await Promise.race([running, pause(rhythm.patienceMs, undefined, { ref: false })])
  }
}
