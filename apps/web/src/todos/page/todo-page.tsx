'use client'

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useShell } from '../../shell/use-shell.tsx'
import { mergeOptimistic } from '../list/merge-optimistic.ts'
import { useTodoList } from '../list/use-todo-list.ts'
import { createTodos } from '../sending/create-todos.ts'
import { useServerClock } from '../sending/use-server-clock.ts'
import { useDiscardNotice } from '../status/use-discard-notice.ts'
import { NewTodoForm } from './new-todo-form.tsx'
import type { PageError } from './page-error.tsx'
import { StatusLine } from './status-line.tsx'
import { TodoListView } from './todo-list.tsx'

export function TodoPage() {
  const [todos] = useState(createTodos)
  const { outbox } = todos
  useEffect(() => outbox.start(), [outbox])
  useServerClock(todos)

  const snapshot = useSyncExternalStore(outbox.subscribe, outbox.getSnapshot, outbox.getSnapshot)
  const shell = useShell({ outbox, snapshot })
  const { list, state, reload, showMore } = useTodoList(todos)
  const rows = useMemo(() => mergeOptimistic(list, snapshot), [list, snapshot])
  const [problem, setProblem] = useState<PageError>()
  useDiscardNotice(snapshot.outcomes, setProblem)
  const field = useRef<HTMLInputElement>(null)

  return (
    <main className="mx-auto max-w-160 px-4 pt-10 pb-24 sm:px-6 sm:pt-20">
      <header className="mb-4 flex min-h-11 items-center justify-between">
        <h1 className="text-title font-semibold">Todos</h1>
        <div className="-mr-3 flex">{shell.buttons}</div>
      </header>
      {shell.panels}
      <NewTodoForm todos={todos} field={field} problem={problem} onProblem={setProblem} />
      <StatusLine {...{ outbox, snapshot, list: state, reload, problem }} />
      <TodoListView {...{ todos, rows, list: state, field, onProblem: setProblem }} />
      {showMore && (
        <button type="button" className="quiet-button mt-2" onClick={showMore}>
          Show more
        </button>
      )}
    </main>
  )
}
