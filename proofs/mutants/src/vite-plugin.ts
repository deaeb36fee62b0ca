import type { Plugin } from 'vitest/config'
import { chosenMutant } from './chosen-mutant.ts'

/** Runs a test run with the mutant that `IDEM_MUTANT` names; without one, nothing is touched. */
export function mutantPlugin(): Plugin[] {
  const mutant = chosenMutant(process.env.IDEM_MUTANT)
  if (mutant === undefined) return []
  return [
    {
      name: 'idem-mutant',
      // Vitest keeps what it transformed on the disk, by the source before any plugin saw it: one
      // mutant would be tested in place of another.
      config: () => ({ test: { fsModuleCache: false } }),
      // Before the types are taken out, since a mutant is a change of the source.
      enforce: 'pre',
      transform: (source, id) => (id === mutant.path ? mutant.mutate(source) : undefined),
    },
  ]
}
