import type { KillingTest } from './killing-test.ts'

/** A fault put into the product on purpose, to see that a test notices. */
export type Mutant = {
  readonly name: string
  /** What it breaks, as a sentence. */
  readonly what: string
  /** Where, from the root of the repository. */
  readonly file: string
  /** Each `from` is source that occurs exactly once in the file. */
  readonly changes: readonly Change[]
  /** The quickest test that fails because of it. */
  readonly killedBy: KillingTest
}

export type Change = { readonly from: string; readonly to: string }
