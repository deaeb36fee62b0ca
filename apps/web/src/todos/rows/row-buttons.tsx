import type { Row } from '../list/merge-optimistic.ts'

type Props = {
  readonly row: Row
  /** Undefined while the row cannot be edited. */
  readonly onEdit: (() => void) | undefined
  readonly onRemove: (() => void) | undefined
}

/** The keys in `data-key` press these buttons, and the style sheet has their icons. */
export function RowButtons({ row: { title }, onEdit, onRemove }: Props) {
  return (
    <span className="row-buttons">
      {onEdit && (
        <button
          type="button"
          className="icon-button"
          data-key="e"
          aria-label={`Edit ${title}`}
          onClick={onEdit}
        />
      )}
      {onRemove && (
        <button
          type="button"
          className="icon-button"
          data-key="Delete"
          aria-label={`Delete ${title}`}
          onClick={onRemove}
        />
      )}
    </span>
  )
}
