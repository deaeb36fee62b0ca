import { useEffect, useMemo, useState } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoEntry } from '../sending/intent.ts'
import type { History, Offers } from './history.ts'
import { historyNote, type Part, type Step } from './step.ts'

export type UndoView = Offers & {
  /** The step that is shown in the toast. */
  readonly fresh: Step | undefined
  record(...parts: readonly [Part, ...Part[]]): void
  /** Records the entries in the order in which they were discarded. */
  recordDiscarded(entries: readonly TodoEntry[]): void
  drop(key: string): void
  replace(key: string, part: Part): void
  undoNext(): void
  redoNext(): void
  closeToast(): void
}

type Endings = {
  /** It is on the screen now. */
  onMoved(how: 'Undone' | 'Redone', step: Step): void
  onFailed(step: Step): void
}

/** What the person can undo and redo. Loaded when something was done, in this page or before a reload. */
export function useUndo(todos: Todos, { onMoved, onFailed }: Endings): UndoView {
  const [offers, setOffers] = useState<Offers>({ undo: undefined, redo: undefined })
  const [freshId, setFreshId] = useState<string>()
  const withHistory = useMemo(() => lazily(todos, setOffers), [todos])

  useEffect(() => {
    async function refresh(): Promise<void> {
      const note = await todos.outbox.readNote(historyNote).catch(() => undefined)
      if (note !== undefined) withHistory((history) => history.refresh())
    }
    void refresh()
    // Another tab may have undone something.
    addEventListener('focus', refresh)
    return () => removeEventListener('focus', refresh)
  }, [todos, withHistory])

  const stable = useMemo(() => {
    function record(...parts: readonly [Part, ...Part[]]): void {
      setFreshId(parts[0].key)
      withHistory((history) => history.record(parts))
    }
    return {
      record,
      recordDiscarded(entries: readonly TodoEntry[]) {
        const [first, ...more] = entries.map(
          ({ id, intent }): Part => ({ key: id, intent, isDiscarded: true }),
        )
        if (first) record(first, ...more)
      },
      drop: (key: string) => withHistory((history) => history.drop(key)),
      replace: (key: string, part: Part) => withHistory((history) => history.replace(key, part)),
      closeToast: () => setFreshId(undefined),
    }
  }, [withHistory])
  const { undo, redo } = offers

  return {
    ...stable,
    ...offers,
    fresh: undo?.id === freshId && undo?.said !== undefined ? undo : undefined,
    undoNext() {
      if (undo)
        withHistory((history) =>
          history.undo().then(
            () => onMoved('Undone', undo),
            () => onFailed(undo),
          ),
        )
    },
    redoNext() {
      if (redo)
        withHistory((history) =>
          history.redo().then(
            () => onMoved('Redone', redo),
            () => onFailed(redo),
          ),
        )
    },
  }
}

/** Calls are made in their order, when the history is loaded. One that cannot be loaded is loaded at the next call. */
function lazily(todos: Todos, onChange: (offers: Offers) => void) {
  let loading: Promise<History> | undefined
  return function withHistory(call: (history: History) => Promise<unknown>): void {
    loading ??= import('./history.ts').then(({ createHistory }) => createHistory(todos, onChange))
    loading.then(call, () => {
      loading = undefined
    })
  }
}
