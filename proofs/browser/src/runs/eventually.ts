import { setTimeout as pause } from 'node:timers/promises'

type Wanted<Value> = {
  /** For the error. */
  readonly expected: string
  readonly read: () => Promise<Value>
  readonly is: (value: Value) => boolean
  /** For a busy machine. */
  readonly mostMs?: number
}

const stepMs = 50

/** Resolves with the first wanted value. A page that is being loaded cannot be read, and is read again. */
export async function eventually<Value>(wanted: Wanted<Value>): Promise<Value> {
  const { expected, read, is, mostMs = 30_000 } = wanted
  const begun = performance.now()
  let last: unknown
  while (performance.now() - begun < mostMs) {
    try {
      const value = await read()
      if (is(value)) return value
      last = JSON.stringify(value)
    } catch (error) {
      last = error
    }
    await pause(stepMs)
  }
  throw new Error(`Expected ${expected} within ${mostMs / 1_000} s, received ${last}.`)
}
