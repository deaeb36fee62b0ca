import type { Change } from '@idem/test-support/apply-changes'

/** A file that the next release adds, or one that it changes. The path is from the root of the repository. */
export type FileChange = { readonly file: string } & (
  | { readonly text: string }
  | { readonly changes: readonly Change[] }
)
