import { memo } from 'react'
import { isSameRow, type Row } from '../list/merge-optimistic.ts'
import { reloadPage } from '../page/reload-page.ts'
import { decisionOf } from '../status/decision-text.ts'
import { rowText } from '../status/status-text.ts'
import { useAtNow } from '../status/use-now.ts'
import { DecisionLine } from './decision-line.tsx'
import { isEditable } from './is-editable.ts'
import { RowButtons } from './row-buttons.tsx'
import { TitleEditor } from './title-editor.tsx'
import type { RowActions } from './use-row-actions.ts'

type Props = {
  readonly row: Row
  readonly isEditing: boolean
  readonly onEdit: (id: string | undefined) => void
  readonly actions: RowActions
}

export const TodoRow = memo(function TodoRow({ row, isEditing, onEdit, actions }: Props) {
  const { id, title, completed, entry, needsNewerPage } = row
  const decision = entry && decisionOf(entry)
  const isPending = entry !== undefined && entry.status.state !== 'needs_person'
  const state = useAtNow(isPending, (now) => rowText(entry, now))
  const isBusy = needsNewerPage || entry?.isDiscarding === true
  const edit = isEditable(row) ? () => onEdit(id) : undefined
  // A create that needs a decision is discarded there.
  const isRemovable = !isBusy && !(decision && entry?.intent.operation === 'createTodo')

  return (
    // biome-ignore lint/a11y/useSemanticElements: an li must be the child of its list, and this is in a chunk of it.
    <div role="listitem" className="row" data-id={id} data-done={completed}>
      <label className="tick">
        <input
          type="checkbox"
          data-key="x"
          aria-label={`Complete ${title}`}
          checked={completed}
          disabled={isBusy || entry?.status.state === 'needs_person'}
          onChange={({ target }) => actions.complete(row, target.checked)}
        />
      </label>
      {isEditing ? (
        <TitleEditor row={row} onSave={actions.rename} onClose={() => onEdit(undefined)} />
      ) : (
        <>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: the button beside it does the same. */}
          <span className="title" onDoubleClick={edit}>
            {title}
          </span>
          <span className="word">{state}</span>
          <RowButtons
            row={row}
            onEdit={edit}
            onRemove={isRemovable ? () => actions.remove(row) : undefined}
          />
        </>
      )}
      {entry && decision && (
        <DecisionLine
          row={row}
          entry={entry}
          decision={decision}
          onDecide={(action) => actions.decide(row, action)}
        />
      )}
      {needsNewerPage && <NewerPageLine />}
    </div>
  )
}, isSame)

function NewerPageLine() {
  return (
    <div className="decision">
      <p className="text-quiet">Needs a newer page: reload.</p>
      <button type="button" className="quiet-button -mr-3 ml-auto" onClick={reloadPage}>
        Reload
      </button>
    </div>
  )
}

function isSame(before: Props, now: Props): boolean {
  return (
    before.isEditing === now.isEditing &&
    before.actions === now.actions &&
    isSameRow(before.row, now.row)
  )
}
