import { hasMembers } from '@idem/contract/has-members'
import { isTodo } from '@idem/contract/is-todo'
import type { Todo } from '@idem/contract/todo'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type Failure, usePages } from '../../sync/use-pages.ts'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoOutbox } from '../sending/intent.ts'
import type { ListState } from '../status/status-text.ts'
import type { TodoList } from './merge-optimistic.ts'
import { type Filter, isEverything, type Show } from './todo-filter.ts'

/** The stored list may be this much older than the one on screen. */
const keepMs = 60_000
/** A suspended tab has an older list and needs the outcomes since then until it refetches. */
const outcomesMs = 600_000
const pageSize = 100
/** Longer than the pause between two keys. */
const pauseMs = 250

export type TodoListView = {
  readonly list: TodoList | undefined
  readonly state: ListState
  /** The server may find more than what is shown. */
  readonly isSearching: boolean
  readonly reload: () => void
  /** Undefined when everything is on the screen. */
  readonly showMore: (() => void) | undefined
}

/**
 * The server's list, refetched while the page is visible, and the stored one of this device until it
 * arrives. With a filter also what the server finds, because a long list is not read to its end.
 */
export function useTodoList({ client, outbox }: Todos, filter: Filter): TodoListView {
  const readAll = useReadPage(client, 'all', '')
  const found = usePages(useFilteredRead(client, filter))
  const { pages, failure, reload, readMore } = usePages(readAll)
  const fresh = useMemo(() => pages && listOf(pages), [pages])
  const kept = useKeptList(outbox, fresh)
  const known = fresh ?? kept
  const list = useMemo(() => withFound(known, found.pages), [known, found.pages])
  const isFiltered = !isEverything(filter)
  const isUnread = found.pages === undefined && found.failure === undefined

  return {
    list,
    state: listState(failure, fresh, known),
    isSearching: isFiltered && isUnread && readMore !== undefined,
    reload,
    showMore: isFiltered ? found.readMore : readMore,
  }
}

/** Undefined while everything is shown. A search begins when the typing pauses. */
function useFilteredRead(client: Todos['client'], { show, search }: Filter) {
  const settled = useSettled(search.trim())
  const read = useReadPage(client, show, settled)
  return show === 'all' && settled === '' ? undefined : read
}

function useReadPage(client: Todos['client'], show: Show, search: string) {
  return useCallback(
    async (cursor: string | undefined, signal: AbortSignal) => {
      const askedAt = Date.now()
      const input = {
        limit: pageSize,
        ...(cursor !== undefined && { cursor }),
        ...(show !== 'all' && { show }),
        ...(search !== '' && { search }),
      }
      return { ...(await client().listTodos.query(input, { signal })), askedAt }
    },
    [client, show, search],
  )
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(setSettled, pauseMs, text)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

function withFound(list: TodoList | undefined, found: readonly TodoList[] | undefined) {
  return found === undefined ? list : listOf(list === undefined ? found : [list, ...found])
}

function listOf(pages: readonly TodoList[]): TodoList {
  return {
    todos: [
      ...new Map(pages.flatMap(({ todos }) => todos).map((todo) => [todo.id, todo])).values(),
    ],
    // Changes since the request of the first page may be missing.
    askedAt: Math.min(...pages.map(({ askedAt }) => askedAt)),
  }
}

function listState(
  failure: Failure | undefined,
  fresh: TodoList | undefined,
  list: TodoList | undefined,
): ListState {
  if (failure !== undefined) return { state: failure, asOf: list?.askedAt }
  return { state: fresh === undefined ? 'loading' : 'current' }
}

function useKeptList(outbox: TodoOutbox, fresh: TodoList | undefined): TodoList | undefined {
  const [kept, setKept] = useState<TodoList>()
  const written = useRef<TodoList>(undefined)

  useEffect(() => {
    outbox.readNote('list').then(
      // Possibly written by another release of the page: an unreadable list counts as missing.
      (note) => setKept(isKeptList(note) ? note : undefined),
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

function isKeptList(note: unknown): note is TodoList {
  return hasMembers(note, { askedAt: 'number' }) && isTodos(note.todos)
}

function isTodos(value: unknown): boolean {
  return Array.isArray(value) && value.every(isTodo)
}

function isWorthKeeping(list: TodoList, written: TodoList | undefined): boolean {
  if (written === undefined || list.askedAt - written.askedAt >= keepMs) return true
  return (
    list.todos.length !== written.todos.length ||
    list.todos.some((todo, place) => !isSame(todo, written.todos[place]))
  )
}

/** A version is never used for two states of a todo. */
function isSame(todo: Todo, other: Todo | undefined): boolean {
  return todo.id === other?.id && todo.version === other.version
}
