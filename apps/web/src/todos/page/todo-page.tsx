'use client'

import { useOutbox } from '@idem/outbox/react'
import { use, useEffect, useMemo, useRef, useState } from 'react'
import { accountOfPage, isSignInOn } from '../../account/account-of-page.ts'
import { useServiceWorker } from '../../shell/use-service-worker.ts'
import { useShortcuts } from '../keyboard/use-shortcuts.ts'
import { ListFilter } from '../list/list-filter.tsx'
import { mergeOptimistic } from '../list/merge-optimistic.ts'
import { filterRows, withNewTodo } from '../list/todo-filter.ts'
import { setFilter, useFilter } from '../list/use-filter.ts'
import { useReadTodos } from '../list/use-read-todos.ts'
import { useTodoList } from '../list/use-todo-list.ts'
import { focusInRow, rowElement } from '../rows/focus-in-row.ts'
import { TodoListView } from '../rows/todo-list.tsx'
import { useRowActions } from '../rows/use-row-actions.ts'
import { createTodos, type Todos } from '../sending/create-todos.ts'
import { useServerClock } from '../sending/use-server-clock.ts'
import type { PageError } from '../status/status-text.ts'
import { useDiscardNotice } from '../status/use-discard-notice.ts'
import type { Step } from '../undo/step.ts'
import { RedoButton, UndoButton, UndoToast } from '../undo/undo-toast.tsx'
import { useUndo } from '../undo/use-undo.ts'
import { NewTodoForm } from './new-todo-form.tsx'
import { PageTools } from './page-tools.tsx'
import { StatusLine } from './status-line.tsx'
import { usePanels } from './use-panels.tsx'
import { useUnloadWarning } from './use-unload-warning.ts'

export function TodoPage() {
  const account = accountOfPage ?? use(leave())
  const [todos] = useState(() => createTodos(account))
  const { outbox } = todos
  useSending(todos)
  useServerClock(todos)
  useServiceWorker()
  useShortcuts()

  const snapshot = useOutbox(outbox)
  useUnloadWarning(!snapshot.durable && snapshot.entries.length > 0)
  const filter = useFilter()
  const { list, reload, ...view } = useTodoList(todos, filter, snapshot)
  const read = useReadTodos(todos.client, snapshot, list)
  const merged = useMemo(() => mergeOptimistic(list, snapshot, read), [list, snapshot, read])
  const rows = useMemo(() => filterRows(merged, filter), [merged, filter])
  const [problem, setProblem] = useState<PageError>()
  useDiscardNotice(snapshot.outcomes, setProblem)
  const field = useRef<HTMLInputElement>(null)
  const [undone, setUndone] = useState<string>()
  const undo = useUndo(todos, {
    onMoved(how, step) {
      setUndone(`${how}: ${step.words}`)
      focusAfterUndo(step, field.current)
    },
    onFailed: ({ words }) => setProblem({ about: 'row', words: notKept(words) }),
  })
  const { record, recordDiscarded, drop, replace } = undo
  const actions = useRowActions({
    ...{ todos, record, recordDiscarded, drop, replace },
    onProblem: setProblem,
  })
  const { panels, buttons } = usePanels({
    ...{ todos, snapshot },
    onDiscarded: recordDiscarded,
    onRestore: (todo) => actions.change('restoreTodo', todo),
  })

  return (
    <main className="relative mx-auto max-w-[40rem] px-4 pt-8 pb-[8rem] sm:px-6 sm:pt-16">
      <h1 className="page-title">Todos</h1>
      {panels}
      <NewTodoForm
        {...{ todos, field, problem, record, drop }}
        onProblem={setProblem}
        onAdded={() => setFilter(withNewTodo(filter), 'replace')}
      />
      <StatusLine {...{ outbox, snapshot, list: view.state, reload, problem }}>
        {undo.undo && !undo.fresh && (
          <UndoButton
            className="quiet-button undo-words"
            onUndo={undo.undoNext}
            words={undo.undo.words}
          />
        )}
        {undo.redo && <RedoButton words={undo.redo.words} onRedo={undo.redoNext} />}
      </StatusLine>
      <ListFilter filter={filter} />
      <PageTools>{buttons}</PageTools>
      <TodoListView {...{ rows, filter, field, actions, outbox, ...view }} />
      <UndoToast undo={undo} />
      <p aria-live="polite" className="sr-only">
        {undone}
      </p>
    </main>
  )
}

/** The button that had the focus is gone then, and the keyboard continues at what was undone. */
function focusAfterUndo(step: Step, field: HTMLElement | null): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return
    if (!focusInRow(rowElement(step.parts[0]?.intent.id), 'x')) field?.focus()
  })
}

function notKept(words: string): string {
  return `Writing to this device failed, so nothing was changed: ${words}.`
}

let leaving: Promise<never> | undefined

/**
 * Nothing of this page begins, and it shows what the server sent, until the other one is there. React renders it
 * again and again meanwhile, and each further navigation would cancel the one before it.
 */
function leave(): Promise<never> {
  leaving ??= new Promise(() => location.replace('sign-in'))
  return leaving
}

function useSending(todos: Todos): void {
  useEffect(() => {
    const stop = todos.outbox.start()
    if (isSignInOn) {
      import('../account/watch-account.ts').then(
        ({ watchAccount }) => watchAccount(todos, stop),
        // Without it the server still refuses what is of another account.
        () => undefined,
      )
    }
    return stop
  }, [todos])
}
