import { AsyncLocalStorage } from 'node:async_hooks'
import type { KeyName } from '../intent.ts'

type Running = {
  readonly name: KeyName
  /** The effect that called `run`. */
  readonly around: Running | undefined
  isOver: boolean
}

export type RunningEffects = ReturnType<typeof createRunningEffects>

/** Knows under which keys the caller is already inside an effect: an attempt with one of them would wait for itself. */
export function createRunningEffects() {
  const current = new AsyncLocalStorage<Running>()

  /** Work that an effect left behind is outside, and must not keep what is over. */
  function innermost(): Running | undefined {
    let running = current.getStore()
    while (running?.isOver) running = running.around
    return running
  }

  return {
    /** @throws Error inside an effect of the same key */
    expectOutside({ owner, key }: KeyName): void {
      for (let each = innermost(); each !== undefined; each = each.around) {
        if (each.name.owner === owner && each.name.key === key) throw new Error(nested)
      }
    },

    async within<T>(name: KeyName, effect: () => Promise<T>): Promise<T> {
      const running = { name, around: innermost(), isOver: false }
      try {
        return await current.run(running, effect)
      } finally {
        running.isOver = true
      }
    },
  }
}

const nested =
  'An effect called `run` under its own key, and would wait for itself; use another key.'
