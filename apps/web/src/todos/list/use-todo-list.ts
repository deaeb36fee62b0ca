import { hasMembers } from '@idem/contract/has-members'
import { isTodo } from '@idem/contract/is-todo'
import type { Todo } from '@idem/contract/todo'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type PagesView, usePages } from '../../sync/use-pages.ts'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoOutbox, TodoSnapshot } from '../sending/intent.ts'
import { pagesBefore } from './kept-place.ts'
import type { TodoList } from './merge-optimistic.ts'
import { type Filter, isEverything, type Show } from './todo-filter.ts'

/** The stored list may be this much older than the one on screen. */
const keepMs = 60_000
/** A suspended tab has an older list and needs the outcomes since then until it refetches. */
const outcomesMs = 600_000
const pageSize = 100
/** Longer than the pause between two keys. */
const pauseMs = 250

export type ListState =
  /** `isEmpty`: the server has no todo, as far as is known. */
  | { readonly state: 'loading'; readonly isEmpty?: boolean }
  | { readonly state: 'current'; readonly isEmpty?: boolean }
  /** The filter was applied only to the loaded part of the list: the server did not search the rest. */
  | { readonly state: 'partial' }
  /** `asOf`: the request time of the shown list (ms), if any. */
  | { readonly state: 'unreachable' | 'refused' | 'signed_out'; readonly asOf: number | undefined }

export type TodoListView = {
  readonly list: TodoList | undefined
  readonly state: ListState
  /** The server may find more than what is shown. */
  readonly isSearching: boolean
  readonly reload: () => void
  /** Undefined when everything is loaded. */
  readonly showMore: (() => void) | undefined
  readonly pageCount: number
}

/**
 * The server's list, refetched while the page is visible, and the stored one of this device until it
 * arrives. With a filter also what the server finds, because a long list is not read to its end.
 */
export function useTodoList(
  { client, outbox }: Todos,
  filter: Filter,
  { entries }: TodoSnapshot,
): TodoListView {
  const readAll = useReadPage(client, 'all', '')
  const found = usePages(useFilteredRead(client, filter))
  const all = usePages(readAll, pagesBefore)
  const fresh = useMemo(() => all.pages && listOf(all.pages), [all.pages])
  const kept = useKeptList({ outbox, name: 'list', fresh })
  const known = fresh ?? kept
  const list = useMemo(() => withFound(known, found.pages), [known, found.pages])
  const isFiltered = !isEverything(filter)
  // Otherwise the page itself finds everything.
  const needsServer = isFiltered && found.pages === undefined && all.readMore !== undefined

  const [reloadAll, reloadFound] = [all.reload, found.reload]
  const reload = useCallback(() => {
    reloadAll()
    reloadFound()
  }, [reloadAll, reloadFound])

  // A refusal says that the list is outdated, and the person decides by what it shows.
  const refused = entries.filter(({ status }) => status.state === 'needs_person').length
  useEffect(() => {
    if (refused > 0) reload()
  }, [refused, reload])

  return {
    list,
    state: listState({ all, found, needsServer, list }),
    isSearching: needsServer && found.failure === undefined,
    reload,
    showMore: isFiltered ? found.readMore : all.readMore,
    pageCount: (isFiltered ? found : all).pages?.length ?? 0,
  }
}

type Found = {
  readonly all: PagesView<TodoList>
  /** What the server found with the filter. */
  readonly found: PagesView<TodoList>
  readonly needsServer: boolean
  readonly list: TodoList | undefined
}

function listState({ all, found, needsServer, list }: Found): ListState {
  const failure = all.failure ?? (found.pages && found.failure)
  if (failure !== undefined) return { state: failure, asOf: list?.askedAt }
  if (needsServer && found.failure !== undefined) return { state: 'partial' }
  const isEmpty = (list?.todos.length ?? 0) === 0
  return { state: all.pages === undefined ? 'loading' : 'current', isEmpty }
}

/** Undefined while everything is shown. A search begins when the typing pauses. */
function useFilteredRead(client: Todos['client'], { show, search }: Filter) {
  const settled = useSettled(search.trim())
  const read = useReadPage(client, show, settled)
  return show === 'all' && settled === '' ? undefined : read
}

/** The parts of the list, in the order in which they are read and shown. */
const parts = { all: ['open', 'done'], open: ['open'], done: ['done'] } as const satisfies Record<
  Show,
  readonly Show[]
>

/** Reads one page, and with the last one of the open todos the first of those that are done. */
function useReadPage(client: Todos['client'], show: Show, search: string) {
  return useCallback(
    async (cursor: string | undefined, signal: AbortSignal) => {
      const askedAt = Date.now()
      const todos: Todo[] = []
      let { part, from } = placeOf(cursor)
      for (;;) {
        const input = {
          limit: pageSize,
          show: parts[show][part] ?? show,
          ...(from !== undefined && { cursor: from }),
          ...(search !== '' && { search }),
        }
        const page = await client().listTodos.query(input, { signal })
        todos.push(...page.todos)
        from = page.nextCursor ?? undefined
        if (from === undefined) part += 1
        // A search looks at so many todos a page, and may find nothing among them.
        else if (todos.length > 0) return { todos, askedAt, nextCursor: `${part} ${from}` }
        if (part === parts[show].length) return { todos, askedAt, nextCursor: null }
      }
    },
    [client, show, search],
  )
}

/** A cursor of the page: the part of the list, and the server's cursor within it. */
function placeOf(cursor: string | undefined): { part: number; from: string | undefined } {
  const [part = '0', from] = cursor?.split(' ') ?? []
  return { part: Number(part), from }
}

export function useSettled(text: string): string {
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

export function listOf(pages: readonly TodoList[]): TodoList {
  return {
    todos: [
      ...new Map(pages.flatMap(({ todos }) => todos).map((todo) => [todo.id, todo])).values(),
    ],
    // Changes since the request of the first page may be missing.
    askedAt: Math.min(...pages.map(({ askedAt }) => askedAt)),
  }
}

type Keeping = {
  readonly outbox: TodoOutbox
  readonly name: 'list' | 'deleted'
  readonly fresh: TodoList | undefined
}

/** The stored list of this device, which follows the fresh one. */
export function useKeptList({ outbox, name, fresh }: Keeping): TodoList | undefined {
  const [kept, setKept] = useState<TodoList>()
  const written = useRef<TodoList>(undefined)

  useEffect(() => {
    outbox.readNote(name).then(
      // Possibly written by another release of the page: an unreadable list counts as missing.
      (note) => setKept(isKeptList(note) ? note : undefined),
      () => undefined,
    )
  }, [outbox, name])

  useEffect(() => {
    if (fresh === undefined || !isWorthKeeping(fresh, written.current)) return
    written.current = fresh
    outbox
      .writeNote(name, fresh)
      // Only outcomes that the stored list contains may be removed, so this follows it.
      .then(async () => {
        if (name === 'list') await outbox.forgetOutcomes(fresh.askedAt - outcomesMs)
      })
      .catch(() => undefined)
  }, [outbox, name, fresh])

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
