import { Todo } from '@idem/contract/todo'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { z } from 'zod'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoOutbox } from '../sending/intent.ts'
import type { ListState } from '../status/status-text.ts'
import type { TodoList } from './merge-optimistic.ts'

/** The maximum delay until another device's change is shown. */
const refetchMs = 10_000
/** The stored list may be this much older than the one on screen. */
const keepMs = 60_000
/** A suspended tab has an older list and needs the outcomes since then until it refetches. */
const outcomesMs = 600_000
const pageSize = 100

const KeptList = z.object({ todos: z.array(Todo.loose()), askedAt: z.number() })

export type TodoListView = {
  readonly list: TodoList | undefined
  readonly state: ListState
  readonly reload: () => void
  /** Undefined when everything is on the screen. */
  readonly showMore: (() => void) | undefined
}

/** The server's list, refetched while the page is visible, and the stored one of this device until it arrives. */
export function useTodoList({ client, outbox }: Todos): TodoListView {
  const query = useInfiniteQuery({
    queryKey: ['todos'],
    queryFn: async ({ pageParam: cursor, signal }) => {
      const askedAt = Date.now()
      const input = { limit: pageSize, ...(cursor !== undefined && { cursor }) }
      return { ...(await client().listTodos.query(input, { signal })), askedAt }
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchInterval: refetchMs,
    retry: 1,
  })
  const fresh = useMemo(() => query.data && listOf(query.data.pages), [query.data])
  const kept = useKeptList(outbox, fresh)
  const list = fresh ?? kept

  return {
    list,
    state: listState(query, list),
    reload: () => void query.refetch(),
    showMore: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
  }
}

function listOf(pages: readonly TodoList[]): TodoList {
  return {
    todos: pages.flatMap(({ todos }) => todos),
    // Changes since the request of the first page may be missing.
    askedAt: Math.min(...pages.map(({ askedAt }) => askedAt)),
  }
}

function listState(
  { dataUpdatedAt, errorUpdatedAt }: { dataUpdatedAt: number; errorUpdatedAt: number },
  list: TodoList | undefined,
): ListState {
  // Not the query's own status, which returns to pending with each retry.
  if (errorUpdatedAt > dataUpdatedAt) return { state: 'unreachable', asOf: list?.askedAt }
  return { state: dataUpdatedAt > 0 ? 'current' : 'loading' }
}

function useKeptList(outbox: TodoOutbox, fresh: TodoList | undefined): TodoList | undefined {
  const [kept, setKept] = useState<TodoList>()
  const written = useRef<TodoList>(undefined)

  useEffect(() => {
    outbox.readNote('list').then(
      // Possibly written by another release of the page: an unreadable list counts as missing.
      (note) => setKept(KeptList.safeParse(note).data),
      () => undefined,
    )
  }, [outbox])

  useEffect(() => {
    if (fresh === undefined || !isWorthKeeping(fresh, written.current)) return
    written.current = fresh
    outbox
      .writeNote('list', fresh)
      // Only outcomes that the stored list contains may be removed, so this follows it.
      .then(() => outbox.forgetOutcomes(fresh.askedAt - outcomesMs))
      .catch(() => undefined)
  }, [outbox, fresh])

  return kept
}

function isWorthKeeping(list: TodoList, written: TodoList | undefined): boolean {
  if (written === undefined || list.askedAt - written.askedAt >= keepMs) return true
  return (
    list.todos.length !== written.todos.length ||
    list.todos.some((todo, place) => todo !== written.todos[place])
  )
}
