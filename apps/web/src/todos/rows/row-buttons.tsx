import type { Row } from '../list/merge-optimistic.ts'
import type { RowActions } from './use-row-actions.ts'

type Props = {
  readonly row: Row
  /** Undefined while the row cannot be edited. */
  readonly onEdit: (() => void) | undefined
  readonly isRemovable: boolean
  readonly actions: RowActions
}

/**
 * The keys in `data-key` press these buttons. After a delete the next row is under the pointer, so the second
 * click of a double click would delete that one.
 */
export function RowButtons({ row, onEdit, isRemovable, actions }: Props) {
  const { title } = row
  return (
    <span className="row-buttons">
      {onEdit && (
        <button
          type="button"
          className="icon-button edit-icon"
          data-key="e"
          aria-label={`Edit ${title}`}
          onClick={onEdit}
        />
      )}
      {isRemovable && (
        <button
          type="button"
          className="icon-button delete-icon"
          data-key="Delete"
          aria-label={`Delete ${title}`}
          onClick={({ detail }) => {
            if (detail <= 1) actions.remove(row)
          }}
        />
      )}
    </span>
  )
}
