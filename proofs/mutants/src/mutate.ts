import { applyChanges } from '@idem/test-support/apply-changes'
import type { Mutant } from './mutant.ts'

/**
 * Applies the changes of a mutant to the source of its file.
 *
 * @throws Error unless each text occurs exactly once: a mutant that changes nothing would be reported
 * alive, or worse, killed by chance
 */
export function mutate(mutant: Pick<Mutant, 'name' | 'file' | 'changes'>, source: string): string {
  return applyChanges(source, { ...mutant, owner: `The mutant "${mutant.name}"` })
}
