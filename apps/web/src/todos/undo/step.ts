import type { Intent } from '../operations/operations.ts'

/** The note that has the steps. */
export const historyNote = 'undo'

/** An operation of the person, and the key of its entry. */
export type Part = {
  readonly key: string
  readonly intent: Intent
  /** The last version that this browser has made since, without one of another device in between. */
  readonly version?: number | undefined
  /** It was discarded, so to undo that is to add it again. */
  readonly isDiscarded?: true
}

/** What a person does at once: one operation, all lines of a paste, or what was discarded together. */
export type Step = {
  readonly id: string
  readonly parts: readonly Part[]
  /** For example “Undo delete of “Row 3””. */
  readonly words: string
  /** In the toast, if it has one. */
  readonly said?: string | undefined
}
