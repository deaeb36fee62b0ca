import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { chosenMutant } from './chosen-mutant.ts'

// For a plain process: `node --import <this file>` runs it with the mutant of IDEM_MUTANT.
const mutant = chosenMutant(process.env.IDEM_MUTANT)
// The server rejects unknown variables.
delete process.env.IDEM_MUTANT

if (mutant !== undefined) {
  const mutated = pathToFileURL(mutant.path).href
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url !== mutated) return loaded
      return { ...loaded, source: mutant.mutate(String(loaded.source)) }
    },
  })
}
