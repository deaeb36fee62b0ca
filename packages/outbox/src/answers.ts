import { ignorable } from './ignorable.ts'
import { NotAnsweredError } from './not-answered-error.ts'
import type { Snapshot } from './snapshot/snapshot.ts'
import type { Ending } from './storage/history.ts'

/**
 * The promises of answers that `add` returned. Each is held until its entry has
 * ended in any tab, so there are never more of them than entries.
 */
export function createAnswers() {
  const open = new Map<string, PromiseWithResolvers<unknown>>()

  return {
    /** One promise for each entry, also when it is added several times. */
    to(id: string): Promise<unknown> {
      const one = open.get(id) ?? Promise.withResolvers<unknown>()
      open.set(id, one)
      return ignorable(one.promise)
    },
    reject(id: string, error: Error): void {
      open.get(id)?.reject(error)
      open.delete(id)
    },

    /** Called after each reading, with the resulting snapshot. */
    read({ entries, newer }: Snapshot, history: readonly Ending[]): void {
      const pending = new Set([...entries, ...newer].map(({ id }) => id))
      for (const [id, one] of open) {
        if (pending.has(id)) continue
        const ending = history.find((each) => each.id === id)
        if (ending?.settled) one.resolve(ending.settled.answer)
        else one.reject(new NotAnsweredError(ending))
        open.delete(id)
      }
    },
  }
}
