import { useMemo } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import type { Change, Seen } from '../operations/operation.ts'
import { type OperationName, operationOf } from '../operations/operations.ts'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSubmission } from '../sending/submissions.ts'
import type { Action } from '../status/decision-text.ts'
import type { PageError } from '../status/status-text.ts'
import type { UndoView } from '../undo/use-undo.ts'
import type { createChangeAgain } from './change-again.ts'
import { discardAll, discardEntry, removeTodo } from './row-changes.ts'

/** The decisions of a person about a row. The same object for the whole life of the page. */
export type RowActions = {
  /** Any operation, on a row or on a deleted todo. */
  change(operation: OperationName, seen: Seen, change?: Change): void
  rename(renaming: Renaming): void
  /** An edit left no title. */
  empty(row: Row): void
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
  readonly onProblem: (problem: PageError | undefined) => void
} & Pick<UndoView, 'record' | 'recordDiscarded' | 'drop' | 'replace'>

export function useRowActions({
  todos,
  record,
  recordDiscarded,
  drop,
  replace,
  onProblem,
}: Parameters): RowActions {
  return useMemo(() => {
    const { outbox } = todos
    let changing: Promise<ReturnType<typeof createChangeAgain>> | undefined

    /** Loaded for the first decision, which is rare. */
    async function changeAgain(row: Row, title?: string): Promise<void> {
      changing ??= import('./change-again.ts').then((module) =>
        module.createChangeAgain(todos, (key, { key: newKey, intent }) =>
          replace(key, { key: newKey, intent }),
        ),
      )
      const change = await changing.catch((error) => {
        changing = undefined
        throw error
      })
      return change(row, title)
    }

    function attempt(decide: () => Promise<unknown>, words: string, onFailed = () => {}): void {
      onProblem(undefined)
      decide().catch(() => {
        onFailed()
        onProblem({ about: 'row', words })
      })
    }

    /** Undo is offered at once, like the change itself is shown. */
    function send(
      { key, intent }: TodoSubmission,
      write: () => Promise<unknown>,
      failed: { readonly words: string; readonly run?: () => void },
    ): void {
      record({ key, intent })
      attempt(write, failed.words, () => {
        drop(key)
        failed.run?.()
      })
    }

    async function decide(row: Row, action: Action): Promise<void> {
      const { entry } = row
      if (entry === undefined) return
      switch (action) {
        case 'keep_mine':
          return changeAgain(row)
        case 'try_again':
          return outbox.retry(entry.id)
        case 'discard':
          return recordDiscarded(await discardEntry(todos, entry))
      }
    }

    return {
      change(operation, seen, change) {
        const submission = todos.change(operation, seen, change)
        const noun = operationOf(submission.intent).words.noun(submission.intent)
        const words = notKept(`the ${noun} of “${seen.title}”`)
        send(submission, () => outbox.add(submission).written, { words })
      },
      rename({ row, title, onFailed }) {
        const failed = { words: notKept(`“${title}”`), run: onFailed }
        if (row.entry?.status.state === 'needs_person') {
          attempt(() => changeAgain(row, title), failed.words, onFailed)
          return
        }
        const submission = todos.change('updateTodo', row, { title })
        send(submission, () => outbox.add(submission).written, failed)
      },
      empty({ title }) {
        onProblem({ about: 'row', words: `A todo needs a title, so “${title}” stays as it was.` })
      },
      remove(row) {
        const words = `Deleting “${row.title}” could not be kept on this device, so it was not deleted.`
        // The storage rejected its entry, and has no space for a delete behind it.
        if (row.entry?.lastError?.kind === 'storage') {
          attempt(() => discardAll(todos, row.id), words)
          return
        }
        const removal = todos.change('deleteTodo', row)
        send(removal, () => removeTodo(todos, row, removal), { words })
      },
      decide(row, action) {
        attempt(() => decide(row, action), 'Your decision could not be kept on this device.')
      },
    }
  }, [todos, record, recordDiscarded, drop, replace, onProblem])
}

function notKept(what: string): string {
  return `Writing to this device failed, so ${what} was not kept.`
}
