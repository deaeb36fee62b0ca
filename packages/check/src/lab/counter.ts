import { setTimeout as pause } from 'node:timers/promises'

/** A list may show an effect later than the answer says it. */
const visibleMs = 3_000
/** A second effect of one intent may come a little later than the first. */
const lateMs = 60
const quietMs = 300

export type Counter = {
  /** Does the work and resolves with its number of effects, once there are at least as many as expected. */
  readonly effectsOf: (expected: number, work: () => Promise<void>) => Promise<number | undefined>
  /** Whether nothing but the check has effects. */
  readonly isQuiet: () => Promise<boolean>
}

/** Without a way to count, the number is always undefined. */
export function createCounter(count: (() => Promise<number>) | undefined): Counter {
  if (count === undefined) {
    return {
      async effectsOf(_, work) {
        await work()
        return undefined
      },
      isQuiet: async () => true,
    }
  }
  const read = () => retried(count)
  return {
    async effectsOf(expected, work) {
      const before = await read()
      await work()
      const end = performance.now() + visibleMs
      while ((await read()) - before < expected && performance.now() < end) await pause(lateMs)
      await pause(lateMs)
      return (await read()) - before
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
