import { NotWrittenError } from '@idem/outbox'
import { useState } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSubmission } from '../sending/submissions.ts'

export type Failed = { readonly submission: TodoSubmission; readonly words: string }

export type Adding = {
  /** Those that could not be stored. Nothing but a decision of the person removes them. */
  readonly failed: readonly Failed[]
  /** `giveBack` returns false if the text has no other place. */
  add(submission: TodoSubmission, giveBack?: (error: unknown) => boolean): void
  /** A text that has lost its place in the field. */
  fail(submission: TodoSubmission, error: unknown): void
  /** Under the same keys, in case a first write did succeed. */
  addAgain(): void
  discard(): void
}

export function useAdding({ outbox }: Pick<Todos, 'outbox'>): Adding {
  const [failed, setFailed] = useState<readonly Failed[]>([])

  function add(submission: TodoSubmission, giveBack?: (error: unknown) => boolean): void {
    outbox.add(submission).written.catch((error) => {
      if (!giveBack?.(error)) fail(submission, error)
    })
  }

  function fail(submission: TodoSubmission, error: unknown): void {
    const words = notAdded(`“${submission.intent.title}”`, error)
    // Its draft is not its own any more: the person has typed another one.
    const { note: _, ...again } = submission
    setFailed((before) => [...before, { submission: again, words }])
  }

  return {
    failed,
    add,
    fail,
    addAgain() {
      setFailed([])
      for (const { submission } of failed) add(submission)
    },
    discard: () => setFailed([]),
  }
}

/** Why a text was not added: `what` is the subject, as in "this". */
export function notAdded(what: string, error: unknown): string {
  return error instanceof NotWrittenError && error.isFull
    ? `This device’s storage is full, so ${what} was not added.`
    : `Writing to this device failed, so ${what} was not added.`
}
