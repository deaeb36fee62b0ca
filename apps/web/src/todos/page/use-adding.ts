import { NotWrittenError } from '@idem/outbox'
import { useState } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSubmission } from '../sending/submissions.ts'
import type { UndoView } from '../undo/use-undo.ts'

export type Failed = { readonly submission: TodoSubmission; readonly words: string }

export type Adding = {
  /** Those that could not be stored. Nothing but a decision of the person removes them. */
  readonly failed: readonly Failed[]
  /** Adds them as one step to undo. `giveBack` returns false if the text has no other place. */
  add(submissions: readonly TodoSubmission[], giveBack?: (error: unknown) => boolean): void
  /** A text that has lost its place in the field. */
  fail(submission: TodoSubmission, error: unknown): void
  /** Under the same keys, in case a first write did succeed. */
  addAgain(): void
  discard(): void
}

export function useAdding(
  { outbox }: Pick<Todos, 'outbox'>,
  { record, drop }: Pick<UndoView, 'record' | 'drop'>,
): Adding {
  const [failed, setFailed] = useState<readonly Failed[]>([])

  function add(
    submissions: readonly TodoSubmission[],
    giveBack?: (error: unknown) => boolean,
  ): void {
    for (const submission of submissions) addOne(submission, giveBack)
    const [first, ...more] = submissions.map(({ key, intent }) => ({ key, intent }))
    if (first) record(first, ...more)
  }

  function addOne(submission: TodoSubmission, giveBack?: (error: unknown) => boolean): void {
    outbox.add(submission).written.catch((error) => {
      drop(submission.key)
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
      add(failed.map(({ submission }) => submission))
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
