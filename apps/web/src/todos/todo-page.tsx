'use client'

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { mergeOptimistic } from './merge-optimistic.ts'
import { NewTodoForm } from './new-todo-form.tsx'
import type { Problem } from './problem.tsx'
import { StatusLine } from './status-line.tsx'
import { TodoListView } from './todo-list.tsx'
import { createTodos } from './todos.ts'
import { useDiscardNotice } from './use-discard-notice.ts'
import { useServerClock } from './use-server-clock.ts'
import { useTodoList } from './use-todo-list.ts'

export function TodoPage() {
  const [queries] = useState(createQueryClient)
  return (
    <QueryClientProvider client={queries}>
      <Todos />
    </QueryClientProvider>
  )
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // What the browser thinks of the network is a hint, and often wrong.
      queries: { networkMode: 'always', retry: false },
      // The outbox is the one owner of retries.
      mutations: { retry: false },
    },
  })
}

function Todos() {
  const [todos] = useState(createTodos)
  const { outbox } = todos
  useEffect(() => outbox.start(), [outbox])
  useServerClock(todos)

  const snapshot = useSyncExternalStore(outbox.subscribe, outbox.getSnapshot, outbox.getSnapshot)
  const { list, state, reload, showMore } = useTodoList(todos)
  const rows = useMemo(() => mergeOptimistic(list, snapshot), [list, snapshot])
  const [problem, setProblem] = useState<Problem>()
  useDiscardNotice(snapshot.outcomes, setProblem)
  const field = useRef<HTMLInputElement>(null)

  return (
    <main className="mx-auto max-w-160 px-4 pt-10 pb-24 sm:px-6 sm:pt-20">
      <h1 className="mb-5 text-title font-semibold">Todos</h1>
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
