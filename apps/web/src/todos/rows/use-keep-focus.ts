import { type FocusEvent, type RefObject, useLayoutEffect, useRef } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import { focusInRow, rowElement } from './focus-in-row.ts'

type Place = { readonly id: string; readonly key: string | undefined }

/**
 * Focus stays in the list when its element is gone: in the same row after editing, in the next row after
 * a delete, in the field when the list is empty. Otherwise a keyboard starts again at the top of the page.
 */
export function useKeepFocus(rows: readonly Row[], field: RefObject<HTMLElement | null>) {
  const focused = useRef<Place>(undefined)
  const shown = useRef(rows)

  useLayoutEffect(() => {
    const before = shown.current
    shown.current = rows
    const place = focused.current
    if (place === undefined || document.activeElement !== document.body) return
    const row = rowElement(rowAfter(place.id, before, rows))
    if (!focusInRow(row, place.key)) field.current?.focus()
  })

  return {
    onFocus({ target }: FocusEvent<HTMLElement>) {
      const id = target.closest<HTMLElement>('.row')?.dataset.id
      focused.current = id === undefined ? undefined : { id, key: target.dataset.key }
    },
    // React reports no blur of an element that it removes.
    onBlur() {
      focused.current = undefined
    },
  }
}

type Rows = readonly Pick<Row, 'id'>[]

/** The id of the row that takes the place of a row: itself, the next one, or the one before the end. */
export function rowAfter(id: string, before: Rows, now: Rows): string | undefined {
  const ids = new Set(now.map((row) => row.id))
  const place = before.findIndex((row) => row.id === id)
  const following = before.slice(Math.max(place, 0))
  const preceding = before.slice(0, Math.max(place, 0)).reverse()
  return [...following, ...preceding].find((row) => ids.has(row.id))?.id
}
