import type { Plugin } from 'vitest/config'
import { chosenMutant } from './chosen-mutant.ts'

/** Runs the tests with the mutant of `IDEM_MUTANT`; without one it changes nothing. */
export function mutantPlugin(): Plugin[] {
  const mutant = chosenMutant(process.env.IDEM_MUTANT)
  if (mutant === undefined) return []
  return [
    {
      name: 'idem-mutant',
      // Vitest caches transformed files on disk by the source before any plugin: one mutant would be
      // tested instead of another.
      config: () => ({ test: { fsModuleCache: false } }),
      // Before the types are stripped, because a mutant changes the source.
      enforce: 'pre',
      transform: (source, id) => (id === mutant.path ? mutant.mutate(source) : undefined),
    },
  ]
}
