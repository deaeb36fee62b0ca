import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { applyChanges } from '@idem/test-support/apply-changes'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

export type ChosenMutant = {
  /** The absolute path of the file it changes. */
  readonly path: string
  readonly mutate: (source: string) => string
}

/**
 * The mutant of a process, by the value of `IDEM_MUTANT`; undefined without one.
 *
 * @throws Error when the mutant does not exist or does not match its file
 */
export function chosenMutant(
  name: string | undefined,
  among: readonly Mutant[] = mutants,
): ChosenMutant | undefined {
  if (name === undefined || name === '') return undefined
  const mutant = among.find((each) => each.name === name)
  if (mutant === undefined) {
    throw new Error(
      `There is no mutant "${name}"; IDEM_MUTANT takes one of:\n  ${among.map((each) => each.name).join('\n  ')}`,
    )
  }
  const path = fileURLToPath(new URL(`../../../${mutant.file}`, import.meta.url))
  const changes = 'changes' in mutant ? mutant.changes : [mutant]
  const change = { file: mutant.file, changes, owner: `The mutant "${mutant.name}"` }
  const mutate = (source: string) => applyChanges(source, change)
  // Immediately, because the file may never be loaded.
  mutate(readFileSync(path, 'utf8'))
  return { path, mutate }
}
