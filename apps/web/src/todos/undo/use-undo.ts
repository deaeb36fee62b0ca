import { useEffect, useMemo, useRef, useState } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSettled } from '../sending/intent.ts'
import { learnVersions, type OwnVersions } from '../sending/own-versions.ts'
import { type Undoable, undo } from './undoable.ts'

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
  settled: readonly TodoSettled[],
  onFailed: (operation: Undoable) => void,
): UndoStack {
  const [stack, setStack] = useState<readonly Undoable[]>([])
  const [freshKey, setFreshKey] = useState<string>()
  const own = useRef<OwnVersions>(new Map())
  useEffect(() => void learnVersions(own.current, settled), [settled])
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
      undo(todos, next, own.current).catch(() => {
        stable.record(next)
        onFailed(next)
      })
    },
  }
}
