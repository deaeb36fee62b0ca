import { useEffect, useMemo, useRef, useState } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoOutcome } from '../sending/intent.ts'
import { type KnownVersions, learnVersions, type Undoable, undo } from './undoable.ts'

/** More than a person remembers. */
const mostUndoable = 50

export type UndoStack = {
  /** The operation that is undone next. */
  readonly next: Undoable | undefined
  /** Whether it is shown in the toast. */
  readonly isFresh: boolean
  record(operation: Undoable): void
  /** An operation that was not stored, or was undone otherwise. */
  drop(key: string): void
  undo(): void
  closeToast(): void
}

/** The operations of this page that can be undone, last first. */
export function useUndo(
  todos: Todos,
  outcomes: readonly TodoOutcome[],
  onFailed: (operation: Undoable) => void,
): UndoStack {
  const [stack, setStack] = useState<readonly Undoable[]>([])
  const [freshKey, setFreshKey] = useState<string>()
  const known = useRef<KnownVersions>(new Map())
  useEffect(() => learnVersions(known.current, outcomes), [outcomes])
  const next = stack.at(-1)

  const stable = useMemo(
    () => ({
      record(operation: Undoable) {
        setStack((before) => [...before, operation].slice(-mostUndoable))
        setFreshKey(operation.key)
      },
      drop(key: string) {
        setStack((before) => before.filter((one) => one.key !== key))
      },
      closeToast: () => setFreshKey(undefined),
    }),
    [],
  )

  return {
    ...stable,
    next,
    isFresh: next !== undefined && next.key === freshKey,
    undo() {
      if (next === undefined) return
      stable.drop(next.key)
      undo(todos, next, known.current).catch(() => {
        stable.record(next)
        onFailed(next)
      })
    },
  }
}
