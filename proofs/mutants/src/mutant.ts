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
  /** Each `from` occurs exactly once in the file. */
  readonly changes: readonly Change[]
  /** The fastest test that fails with it. */
  readonly killedBy: KillingTest
}

export type KillingTest = {
  /** The path from the root of the repository. */
  readonly file: string
  /** Its title, or a unique beginning of it. */
  readonly test: string
}
