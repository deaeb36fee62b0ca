import { memo } from 'react'
import type { EditStore } from '../editing/create-edits.ts'
import type { Edit } from '../editing/edits.ts'
import { TitleEditor } from '../editing/title-editor.tsx'
import { isSameRow, type Row } from '../list/merge-optimistic.ts'
import { operationOf } from '../operations/operations.ts'
import { decisionOf } from '../status/decision-text.ts'
import { rowText } from '../status/status-text.ts'
import { useAtNow } from '../status/use-now.ts'
import { DecisionLine } from './decision-line.tsx'
import { RowButtons } from './row-buttons.tsx'
import { isEditable } from './row-changes.ts'
import type { RowActions } from './use-row-actions.ts'

type Props = {
  readonly row: Row
  /** Undefined while the row is not edited. */
  readonly edit: Edit | undefined
  readonly edits: EditStore
  readonly actions: RowActions
}

export const TodoRow = memo(function TodoRow({ row, edit, edits, actions }: Props) {
  const { id, title, completed, entry, needsNewerPage } = row
  const decision = decisionOf(row)
  const isPending = entry !== undefined && entry.status.state !== 'needs_person'
  const state = useAtNow(isPending, (now) => rowText(entry, now))
  const isBusy = needsNewerPage || entry?.isDiscarding === true
  const open = isEditable(row) ? () => edits.open(row) : undefined
  // A create that needs a decision is discarded there.
  const isRemovable = !isBusy && !(decision && entry && operationOf(entry.intent).makesTodo)

  function save({ row: seen }: Edit, title: string): void {
    // After a reload only the row on the screen shows whether a change was refused.
    const edited = { ...seen, entry: seen.entry ?? (isEditable(row) ? entry : undefined) }
    actions.rename({ row: edited, title, onFailed: () => edits.giveBack(edited, title) })
  }

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
          onChange={({ target }) =>
            actions.change('updateTodo', row, { completed: target.checked })
          }
        />
      </label>
      {edit ? (
        <TitleEditor
          edit={edit}
          onType={(text) => edits.typed(edit, text)}
          onSave={(title) => save(edit, title)}
          onEmpty={() => actions.empty(row)}
          onClose={() => edits.close(id)}
        />
      ) : (
        <>
          <div className="text">
            {/* biome-ignore lint/a11y: the button beside it does the same. */}
            <span
              className="title"
              dir="auto"
              onDoubleClick={open}
              onClick={() => isTouched() && open?.()}
            >
              {title}
            </span>
            {state && <span className="word">{state}</span>}
          </div>
          <RowButtons row={row} onEdit={open} isRemovable={isRemovable} actions={actions} />
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

/** A tap is no double click. */
function isTouched(): boolean {
  return matchMedia('(hover: none)').matches
}

function NewerPageLine() {
  return (
    <div className="decision">
      <p className="text-quiet">Needs a newer page: reload.</p>
      <button
        type="button"
        className="quiet-button -mr-3 ml-auto"
        onClick={() => location.reload()}
      >
        Reload
      </button>
    </div>
  )
}

function isSame(before: Props, now: Props): boolean {
  return (
    before.edit === now.edit && before.actions === now.actions && isSameRow(before.row, now.row)
  )
}
