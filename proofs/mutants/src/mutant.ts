import type { Change } from '@idem/test-support/apply-changes'
import type { Guarantee } from './guarantees.ts'

/** A deliberate fault in the product, which a test must detect. */
export type Mutant = {
  readonly name: string
  /** What it breaks. */
  readonly guarantee: Guarantee
  /** How it breaks it, as a sentence. */
  readonly fault: string
  /** The path from the root of the repository. */
  readonly file: string
  /** The fastest test that fails with it: the path of its file, and its title or a unique beginning of it. */
  readonly killedBy: `${string} > ${string}`
  /** Each `from` occurs exactly once in the file. */
} & (Change | { readonly changes: readonly Change[] })

export type KillingTest = { readonly file: string; readonly test: string }

export function killingTestOf({ killedBy }: Pick<Mutant, 'killedBy'>): KillingTest {
  const at = killedBy.indexOf(' > ')
  return { file: killedBy.slice(0, at), test: killedBy.slice(at + 3) }
}
