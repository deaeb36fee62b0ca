import { setTimeout as pause } from 'node:timers/promises'

export type RefreshTiming = {
  /** What was found is good for so long. */
  readonly freshMs: number
  /** Nobody waits longer than this for what is being found out. */
  readonly patienceMs: number
}

/**
 * Does the work when it is asked for, but once at a time and not again before
 * the last is old, however often that is. Whoever asks waits for it only so long.
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
