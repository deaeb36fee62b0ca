import { setTimeout as pause } from 'node:timers/promises'

/** A list may show an effect later than the answer says it. */
const visibleMs = 3_000
/** A second effect of one intent may come a little later than the first. */
const lateMs = 60
const pollMs = 20
const quietMs = 300

export type Counter = {
  /** Resolves with the number of effects of the work, which resolves with the number to wait for. */
  readonly effectsOf: (work: () => Promise<number>) => Promise<number | undefined>
  /** Whether nothing but the check has effects. */
  readonly isQuiet: () => Promise<boolean>
}

/** Without a way to count, the number is always undefined. */
export function createCounter(count: (() => Promise<number>) | undefined): Counter {
  if (count === undefined) {
    return {
      async effectsOf(work) {
        await work()
        return undefined
      },
      isQuiet: async () => true,
    }
  }
  const read = () => retried(count)
  let lagMs = 0

  /** The count, once all that was done before is in it. */
  const stable = async () => {
    for (let last = await read(); ; ) {
      await pause(lateMs + 2 * lagMs)
      const next = await read()
      if (next === last) return next
      last = next
    }
  }
  return {
    async effectsOf(work) {
      const before = await stable()
      const expected = await work()
      const began = performance.now()
      while ((await read()) - before < expected) {
        if (performance.now() - began > visibleMs) return (await stable()) - before
        await pause(pollMs)
      }
      lagMs = Math.max(lagMs, performance.now() - began)
      return (await stable()) - before
    },
    async isQuiet() {
      const before = await read()
      await pause(quietMs)
      return (await read()) === before
    },
  }
}

/** A server that has just been started may refuse the first look. */
async function retried(count: () => Promise<number>): Promise<number> {
  const end = performance.now() + visibleMs
  for (;;) {
    try {
      return await count()
    } catch (error) {
      if (performance.now() > end) throw error
      await pause(lateMs)
    }
  }
}
