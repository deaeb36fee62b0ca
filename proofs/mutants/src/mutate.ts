import type { Mutant } from './mutant.ts'

/**
 * Applies the changes of a mutant to the source of its file.
 *
 * @throws Error unless each text occurs exactly once: a mutant that changes nothing would be reported
 * alive, or worse, killed by chance
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
