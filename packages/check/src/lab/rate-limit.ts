import { setTimeout as pause } from 'node:timers/promises'

/** Resolves when the next request may be sent: `burst` at once, then `rate` in a second. */
export function rateLimit(burst: number, rate: number): () => Promise<void> {
  let free = burst
  let at = performance.now()
  return async () => {
    const now = performance.now()
    free = Math.min(burst, free + ((now - at) * rate) / 1_000) - 1
    at = now
    if (free < 0) await pause((-free * 1_000) / rate)
  }
}
