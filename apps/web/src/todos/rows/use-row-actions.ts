import { useMemo } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import type { PageError } from '../page/page-error.tsx'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSubmission } from '../sending/submissions.ts'
import type { Action } from '../status/decision-text.ts'
import type { Undoable } from '../undo/undoable.ts'
import type { UndoStack } from '../undo/use-undo.ts'
import { createChangeAgain, discardAll, removeTodo } from './row-changes.ts'

/** The decisions of a person about a row. The same object for the whole life of the page. */
export type RowActions = {
  complete(row: Row, completed: boolean): void
  rename(renaming: Renaming): void
  remove(row: Row): void
  decide(row: Row, action: Action): void
}

type Renaming = {
  readonly row: Row
  /** Trimmed, valid and another one. */
  readonly title: string
  /** The title could not be stored, so the person needs it back. */
  readonly onFailed: () => void
}

type Parameters = {
  readonly todos: Todos
  readonly record: UndoStack['record']
  readonly drop: UndoStack['drop']
  readonly onProblem: (problem: PageError | undefined) => void
}

export function useRowActions({ todos, record, drop, onProblem }: Parameters): RowActions {
  return useMemo(() => {
    const { outbox } = todos
    const changeAgain = createChangeAgain(todos)

    function attempt(decide: () => Promise<unknown>, words: string, onFailed = () => {}): void {
      onProblem(undefined)
      decide().catch(() => {
        onFailed()
        onProblem({ about: 'row', words })
      })
    }

    /** Undo is offered at once, like the change itself is shown. */
    function change(
      send: () => Promise<unknown>,
      undoable: Undoable,
      failed: { readonly words: string; readonly run?: () => void },
    ): void {
      record(undoable)
      attempt(send, failed.words, () => {
        drop(undoable.key)
        failed.run?.()
      })
    }

    async function decide(row: Row, action: Action): Promise<void> {
      const { id, entry } = row
      if (entry === undefined) return
      switch (action) {
        case 'keep_mine':
          return changeAgain(row)
        case 'try_again':
          return outbox.retry(entry.id)
        case 'discard':
          // Without its create nothing can happen to a todo.
          if (entry.intent.operation === 'createTodo') return discardAll(todos, id)
          await outbox.discard(entry.id)
      }
    }

    return {
      complete(row, completed) {
        const submission = todos.update(row, { completed })
        const words = `${completed ? 'Completed' : 'Reopened'} “${row.title}”`
        change(
          () => outbox.add(submission).written,
          undoableOf(submission, row, words, { completed: row.completed }),
          { words: notKept(`the change of “${row.title}”`) },
        )
      },
      rename({ row, title, onFailed }) {
        const failed = { words: notKept(`“${title}”`), run: onFailed }
        if (row.entry?.status.state === 'needs_person') {
          attempt(() => changeAgain(row, title), failed.words, onFailed)
          return
        }
        const submission = todos.update(row, { title })
        const undoable = undoableOf(submission, row, `Changed “${row.title}”`, { title: row.title })
        change(() => outbox.add(submission).written, undoable, failed)
      },
      remove(row) {
        const words = `Deleting “${row.title}” could not be kept on this device, so it was not deleted.`
        // The storage rejected its entry, and has no space for a delete behind it.
        if (row.entry?.lastError?.kind === 'storage') {
          attempt(() => discardAll(todos, row.id), words)
          return
        }
        const removal = todos.remove(row)
        change(
          () => removeTodo(todos, row, removal),
          undoableOf(removal, row, `Deleted “${row.title}”`, undefined),
          { words },
        )
      },
      decide(row, action) {
        attempt(() => decide(row, action), 'Your decision could not be kept on this device.')
      },
    }
  }, [todos, record, drop, onProblem])
}

function undoableOf(
  { key }: TodoSubmission,
  { id, title, completed }: Row,
  words: string,
  back: Undoable['back'],
): Undoable {
  return { key, words, row: { id, title, completed }, back }
}

function notKept(what: string): string {
  return `Writing to this device failed, so ${what} was not kept.`
}
