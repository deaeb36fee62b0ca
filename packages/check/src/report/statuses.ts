import type { Attempt } from '../http/send.ts'

/** The statuses of the attempts, as `3 × 201, 1 × 409`. */
export function statusesOf(attempts: readonly Attempt[]): string {
  const groups = Map.groupBy(attempts, ({ status }) => status)
  return [...groups].map(([status, { length }]) => `${length} × ${status}`).join(', ')
}
