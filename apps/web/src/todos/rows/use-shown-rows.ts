import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import type { Filter } from '../list/todo-filter.ts'
import { type Chunk, createDivision } from './divide-rows.ts'

/** More than fits on a screen, and little enough to be added within a frame. */
const step = 100
const chunksPerStep = 8

type ShownChunk = Chunk & {
  /** Of the list before another filter was chosen. It is hidden, and removed soon. */
  readonly isLeaving: boolean
}

type Shown = { readonly rows: readonly Row[]; readonly chunks: readonly ShownChunk[] }

/**
 * A long list grows and goes in steps, so that no task of the browser is long and typing is not delayed.
 * With another filter the list begins anew.
 */
export function useShownRows(all: readonly Row[], filter: Filter): Shown {
  const [divide] = useState(createDivision)
  const last = useRef<readonly ShownChunk[]>([])
  const [{ most, leaving, ...state }, setState] = useState(() => firstStep(filter, 0))
  if (state.filter !== filter) {
    const isLong = last.current.length > chunksPerStep
    setState({ ...firstStep(filter, state.list + 1), leaving: isLong ? last.current : [] })
  }
  const rows = all.length > most ? all.slice(0, most) : all
  const own = divide(rows).map(({ key, rows }) => ({ key: `${state.list}/${key}`, rows }))
  // In one array: in another place React would create them anew.
  const chunks = [
    ...own.map((chunk) => ({ ...chunk, isLeaving: false })),
    ...leaving.map((chunk) => ({ ...chunk, isLeaving: true })),
  ]

  useLayoutEffect(() => {
    last.current = chunks
  })

  const isDone = most >= all.length && leaving.length === 0
  useEffect(() => {
    if (isDone) return
    const timer = setTimeout(() => setState(nextStep), 0)
    return () => clearTimeout(timer)
  })

  return { rows, chunks }
}

type State = {
  readonly filter: Filter
  /** Rises with each filter. */
  readonly list: number
  /** So many rows are shown. */
  readonly most: number
  readonly leaving: readonly Chunk[]
}

function firstStep(filter: Filter, list: number): State {
  return { filter, list, most: step, leaving: [] }
}

function nextStep(state: State): State {
  return {
    ...state,
    most: state.most + step,
    leaving: state.leaving.slice(0, -chunksPerStep),
  }
}
