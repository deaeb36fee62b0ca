import type { Advised } from './entry.ts'
import { NotAnsweredError } from './not-answered-error.ts'
import type { Snapshot } from './snapshot/snapshot-store.ts'

type Open = PromiseWithResolvers<unknown> & { refusal?: Advised }

/**
 * The promises of answers that `add` returned. Each is held until its entry has
 * ended, in whichever tab, so there are never more of them than entries.
 */
export function createAnswers() {
  const open = new Map<string, Open>()

  function end(id: string, { settled }: Snapshot, isDiscarded: boolean): void {
    const one = open.get(id)
    const answered = settled.find((each) => each.id === id)
    if (answered !== undefined) one?.resolve(answered.answer)
    else one?.reject(new NotAnsweredError(isDiscarded ? 'discarded' : 'unknown', one.refusal))
    open.delete(id)
  }

  return {
    /** One promise for each entry, however often it is added. */
    to(id: string): Promise<unknown> {
      const known = open.get(id)
      if (known !== undefined) return known.promise
      const made: Open = Promise.withResolvers<unknown>()
      // Nobody may be interested; that is no unhandled rejection.
      made.promise.catch(() => undefined)
      open.set(id, made)
      return made.promise
    },
    reject(id: string, error: Error): void {
      open.get(id)?.reject(error)
      open.delete(id)
    },

    /** Call it after each reading, with the snapshot it led to. */
    read(snapshot: Snapshot, discarded: readonly unknown[]): void {
      const present = new Set(snapshot.newer.map(({ id }) => id))
      for (const { id, lastError } of snapshot.entries) {
        present.add(id)
        const one = open.get(id)
        if (one !== undefined && lastError?.kind === 'refused') one.refusal = lastError.refusal
      }
      for (const id of open.keys()) {
        if (!present.has(id)) end(id, snapshot, discarded.includes(id))
      }
    },
  }
}
