import { memo } from 'react'
import type { EditStore } from '../../editing/create-edits.ts'
import type { Edits } from '../../editing/edits.ts'
import { isSameRow, type Row } from '../../list/merge-optimistic.ts'
import { TodoRow } from '../todo-row.tsx'
import type { RowActions } from '../use-row-actions.ts'

type Props = {
  readonly rows: readonly Row[]
  /** The rows that are being edited. */
  readonly open: Edits
  readonly edits: EditStore
  readonly actions: RowActions
}

/** Rows that the browser lays out and draws only where they are near the screen. */
export function RowChunk({ isHidden, ...props }: Props & { readonly isHidden: boolean }) {
  return (
    <div
      className="chunk"
      aria-hidden={isHidden || undefined}
      // The height of rows of one line; the browser remembers the real one once it has drawn them.
      style={{ containIntrinsicBlockSize: `auto ${props.rows.length * 3}rem` }}
    >
      <Rows {...props} />
    </div>
  )
}

const Rows = memo(
  ({ rows, open, edits, actions }: Props) =>
    rows.map((row) => (
      <TodoRow key={row.id} row={row} edit={open.get(row.id)} edits={edits} actions={actions} />
    )),
  isSame,
)

function isSame(before: Props, now: Props): boolean {
  return (
    before.actions === now.actions &&
    (before.open === now.open || now.rows.every(isEditedAlike(before, now))) &&
    before.rows.length === now.rows.length &&
    now.rows.every((row, place) => isAt(before.rows, place, row))
  )
}

function isEditedAlike(before: Props, now: Props): (row: Row) => boolean {
  return ({ id }) => before.open.get(id) === now.open.get(id)
}

function isAt(rows: readonly Row[], place: number, row: Row): boolean {
  const before = rows[place]
  return before?.id === row.id && isSameRow(before, row)
}
