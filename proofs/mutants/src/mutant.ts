import type { Change } from '@idem/test-support/apply-changes'
import type { KillingTest } from './killing-test.ts'

/** A deliberate fault in the product, which a test must detect. */
export type Mutant = {
  readonly name: string
  /** The broken guarantee, as a sentence. */
  readonly fault: string
  /** The path from the root of the repository. */
  readonly file: string
  /** Each `from` occurs exactly once in the file. */
  readonly changes: readonly Change[]
  /** The fastest test that fails with it. */
  readonly killedBy: KillingTest
}
