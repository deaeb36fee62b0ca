import { setTimeout as pause } from 'node:timers/promises'
import type { EffectLog } from '../checker/effect-log.ts'
import type { SessionSample } from '../checker/facts.ts'

const everyMs = 500
/** Longer than requests that are in progress at the last answer. */
const quietWithinMs = 1_000

export type SessionSamples = AsyncDisposable & {
  readonly samples: readonly SessionSample[]
  /** A last sample, without requests in progress. */
  readonly whenQuiet: () => Promise<void>
}

/** Samples the database's sessions while the database is reachable. */
export function sampleSessions(log: EffectLog, now: () => number): SessionSamples {
  const samples: SessionSample[] = []
  const ending = new AbortController()
  const done = watch()

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      const idle = await log.idleInTransaction().catch(() => undefined)
      if (idle !== undefined) samples.push({ at: now(), quiet: false, idle })
      await pause(everyMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  async function end(): Promise<void> {
    ending.abort()
    await done
  }

  return {
    samples,
    async whenQuiet() {
      await end()
      const begun = performance.now()
      for (;;) {
        const idle = await log.idleInTransaction()
        const late = performance.now() - begun > quietWithinMs
        if (idle.length === 0 || late) {
          samples.push({ at: now(), quiet: true, idle })
          return
        }
      }
    },
    [Symbol.asyncDispose]: end,
  }
}
