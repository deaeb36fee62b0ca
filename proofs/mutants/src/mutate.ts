import type { Mutant } from './mutant.ts'

/**
 * The source of the mutant's file with its changes made.
 *
 * @throws Error when there is anything but one place to make a change: a
 * mutant that changes nothing would be found alive, or worse, killed by chance.
 */
export function mutate(mutant: Pick<Mutant, 'name' | 'file' | 'changes'>, source: string): string {
  return mutant.changes.reduce((text, { from, to }) => {
    const places = text.split(from)
    if (places.length !== 2) {
      throw new Error(
        `The mutant "${mutant.name}" needs its text exactly once in ${mutant.file}, but found it ${places.length - 1} times; bring the mutant in line with the file:\n${from}`,
      )
    }
    return places.join(to)
  }, source)
}
