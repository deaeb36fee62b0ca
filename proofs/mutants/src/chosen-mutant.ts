import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'
import { mutate } from './mutate.ts'

export type ChosenMutant = {
  /** The file it changes, as an absolute path. */
  readonly path: string
  readonly mutate: (source: string) => string
}

/**
 * The mutant that a process is to run with, by the value of `IDEM_MUTANT`;
 * undefined without one.
 *
 * @throws Error when there is no such mutant, or when it does not fit its file
 * any more.
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
  // At once, and not only when the file is loaded: it may never be.
  mutate(mutant, readFileSync(path, 'utf8'))
  return { path, mutate: (source) => mutate(mutant, source) }
}
