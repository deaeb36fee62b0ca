import { type Names, twinsAt } from './names.ts'
import type { Step } from './step.ts'

type Times = { readonly hers: number[]; readonly unknown: number[] }

/** With fewer, a median is chance. */
const fewest = 30
/** Two medians of a millisecond differ by the noise of a timer. */
const noiseMs = 1
/** A wait for a lock or a turn takes 1.5 s; no pause of a busy machine is as long. */
const waitMs = 800

/** The times of single calls by the use that the other owner makes of their names, with and without the operation. */
export function createTimes(names: Names) {
  const groups = new Map<string, Times>()

  /** None for a request of several calls. */
  function groupsOf({ form, calls: [call] }: Step): string[] {
    if (call === undefined || form === 'batch' || form === 'stream') return []
    const given = { todo: undefined, id: undefined, key: undefined, ...call }
    const todo = given.todo ?? given.id
    const used = [
      ...(todo === undefined ? [] : [`${twinsAt(names, 'todo', todo).as} todo`]),
      ...(given.key === undefined ? [] : [`${twinsAt(names, 'key', given.key).as} key`]),
    ]
    return used.flatMap((name) => [name, `${call.name}, ${name}`])
  }

  const compared = () =>
    [...groups]
      .filter(([, { hers }]) => hers.length >= fewest)
      .map(([name, { hers, unknown }]) => ({
        name,
        hers: at(hers, 0.5),
        unknown: at(unknown, 0.5),
        slowest: [at(hers, 0.95), at(unknown, 0.95)],
      }))

  return {
    add(step: Step, times: { readonly hers: number; readonly unknown: number }): void {
      for (const name of groupsOf(step)) {
        const group = groups.get(name) ?? { hers: [], unknown: [] }
        groups.set(name, group)
        group.hers.push(times.hers)
        group.unknown.push(times.unknown)
      }
    },
    /** The groups whose medians differ by more than this ratio, or of which only one side waits. */
    apart: (ratio: number) =>
      compared().filter(({ hers, unknown, slowest }) => {
        const [less, more] = [Math.min(hers, unknown), Math.max(hers, unknown)]
        const isOther = more - less > noiseMs && more / less > ratio
        return isOther || Math.max(...slowest) - Math.min(...slowest) > waitMs
      }),
    describe(): string {
      const ratios = compared().map(({ hers, unknown }) => hers / unknown)
      return `${ratios.length} groups, medians ${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)} of those of unknown names`
    },
  }
}

function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}
