import { Todo } from '@idem/contract/todo'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { z } from 'zod'
import type { TodoOutbox } from './intent.ts'
import type { TodoList } from './merge-optimistic.ts'
import type { ListState } from './status-words.ts'
import type { Todos } from './todos.ts'

/** Another device's change is seen this soon. */
const refetchMs = 10_000
/** The kept list may be this much older than the one on screen. */
const keepMs = 60_000
/** A tab that slept has an older list; until it has asked again it needs the outcomes since. */
const outcomesMs = 600_000
const pageSize = 100

const KeptList = z.object({ todos: z.array(Todo.loose()), askedAt: z.number() })

export type TodoListView = {
  readonly list: TodoList | undefined
  readonly state: ListState
  readonly reload: () => void
  /** Missing when everything is on the screen. */
  readonly showMore: (() => void) | undefined
}

/** The server's list, asked for again while someone looks, and the last one from this device until it is there. */
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
    // What happened since the first page was asked for may be missing from it.
    askedAt: Math.min(...pages.map(({ askedAt }) => askedAt)),
  }
}

function listState(
  { dataUpdatedAt, errorUpdatedAt }: { dataUpdatedAt: number; errorUpdatedAt: number },
  list: TodoList | undefined,
): ListState {
  // Not the query's own status: that goes back to pending with each new try.
  if (errorUpdatedAt > dataUpdatedAt) return { state: 'unreachable', asOf: list?.askedAt }
  return { state: dataUpdatedAt > 0 ? 'current' : 'loading' }
}

function useKeptList(outbox: TodoOutbox, fresh: TodoList | undefined): TodoList | undefined {
  const [kept, setKept] = useState<TodoList>()
  const written = useRef<TodoList>(undefined)

  useEffect(() => {
    outbox.readNote('list').then(
      // Perhaps written by another release of this page: what cannot be read is not there.
      (note) => setKept(KeptList.safeParse(note).data),
      () => undefined,
    )
  }, [outbox])

  useEffect(() => {
    if (fresh === undefined || !isWorthKeeping(fresh, written.current)) return
    written.current = fresh
    outbox
      .writeNote('list', fresh)
      // Only what the kept list holds may be forgotten, so this comes after it.
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
