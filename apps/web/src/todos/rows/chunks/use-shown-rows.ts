import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { Row } from '../../list/merge-optimistic.ts'
import type { Filter } from '../../list/todo-filter.ts'
import type { Order } from './create-order.ts'
import { type Chunk, createDivision } from './divide-rows.ts'

/** More than fits on a screen, and little enough to be added within a frame. */
const step = 100
const chunksPerStep = 8

type ShownChunk = Chunk & {
  /** It belongs to the list before another filter was chosen. It is hidden, and removed soon. */
  readonly isLeaving: boolean
}

type Shown = {
  readonly rows: readonly Row[]
  readonly chunks: readonly ShownChunk[]
  /** It replaced a long list, so its rows do not arrive one by one. */
  readonly isAgain: boolean
  /** Whether no step remains. */
  readonly isAll: boolean
}

/**
 * A long list grows and goes in steps, so that no task of the browser is long and typing is not delayed.
 * With another filter a long list begins anew.
 */
export function useShownRows({ open, done }: Order, filter: Filter): Shown {
  const [divideOpen] = useState(createDivision)
  const [divideDone] = useState(createDivision)
  const last = useRef<readonly ShownChunk[]>([])
  const [state, setState] = useState<State>({ filter, list: 0, most: step, leaving: [] })
  const { most, leaving } = state
  if (state.filter !== filter) setState(withFilter(state, filter, last.current))
  const count = open.length + done.length
  const shownOpen = open.slice(0, most)
  const shownDone = done.slice(0, Math.max(0, most - open.length))
  const own = [
    ...divideOpen(shownOpen).map(({ key, rows }) => ({ key: `${state.list}/open ${key}`, rows })),
    ...divideDone(shownDone).map(({ key, rows }) => ({ key: `${state.list}/done ${key}`, rows })),
  ]
  // One array holds both: in another place React would create them anew.
  const chunks = [
    ...own.map((chunk) => ({ ...chunk, isLeaving: false })),
    ...leaving.map((chunk) => ({ ...chunk, isLeaving: true })),
  ]

  useLayoutEffect(() => {
    last.current = chunks
  })

  // Paper does not wait for the steps.
  useEffect(() => {
    const showAll = () =>
      flushSync(() => setState((now) => ({ ...now, most: Number.POSITIVE_INFINITY, leaving: [] })))
    addEventListener('beforeprint', showAll)
    return () => removeEventListener('beforeprint', showAll)
  }, [])

  const isDone = most >= count && leaving.length === 0
  useEffect(() => {
    if (isDone) return
    const timer = setTimeout(() => setState((now) => nextStep(now, count)), 0)
    return () => clearTimeout(timer)
  })

  return { rows: [...shownOpen, ...shownDone], chunks, isAgain: state.list > 0, isAll: isDone }
}

type State = {
  readonly filter: Filter
  /** Rises when a long list is replaced. */
  readonly list: number
  /** The number of rows that are shown. */
  readonly most: number
  readonly leaving: readonly Chunk[]
}

/** The rows of a short list stay where they are. */
function withFilter(state: State, filter: Filter, shown: readonly Chunk[]): State {
  if (shown.length <= chunksPerStep) return { ...state, filter }
  return { filter, list: state.list + 1, most: step, leaving: shown }
}

function nextStep(state: State, wanted: number): State {
  return {
    ...state,
    // No further: when the list is longer again, the rest must come in steps.
    most: state.most < wanted ? state.most + step : state.most,
    leaving: state.leaving.slice(0, -chunksPerStep),
  }
}
