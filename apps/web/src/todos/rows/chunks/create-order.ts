import type { Row } from '../../list/merge-optimistic.ts'

/** Open todos first, then those that are done, each newest first. */
export type Order = { readonly open: readonly Row[]; readonly done: readonly Row[] }

/** `held`: a row that is ticked stays where it is, so that no other one comes under the pointer or the focus. */
export function createOrder(): (rows: readonly Row[], how: 'held' | 'free') => Order {
  let isDone = new Map<string, boolean>()

  return function order(rows, how) {
    if (how === 'free') isDone = new Map()
    for (const { id, completed } of rows) if (!isDone.has(id)) isDone.set(id, completed)
    return {
      open: rows.filter(({ id }) => !isDone.get(id)),
      done: rows.filter(({ id }) => isDone.get(id)),
    }
  }
}
