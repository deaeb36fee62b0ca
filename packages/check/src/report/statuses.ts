import type { Attempt } from '../http/send.ts'

/** How many effects, in words. */
export function effectsIn(number: number): string {
  return number === 1 ? '1 effect' : `${number} effects`
}

/** The statuses of the attempts, as `3 × 201, 1 × 409`. */
export function statusesOf(attempts: readonly Attempt[]): string {
  const groups = Map.groupBy(attempts, ({ status }) => status)
  return [...groups].map(([status, { length }]) => `${length} × ${status}`).join(', ')
}
