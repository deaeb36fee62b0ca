import { titleError } from '@idem/contract/title-error'
import { type FocusEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { textOf } from './create-edits.ts'
import type { Edit } from './edits.ts'

type Props = {
  readonly edit: Edit
  readonly onType: (text: string) => void
  /** Only of a valid and changed title. */
  readonly onSave: (title: string) => void
  readonly onEmpty: () => void
  readonly onClose: () => void
}

/**
 * The text field in a row. It saves on Enter and when it loses the focus, and only a valid and changed
 * title. The change is based on the row as it was when the field opened: another device may have changed
 * it meanwhile, and what the person did not see is not overwritten.
 */
export function TitleEditor({ edit, onType, onSave, onEmpty, onClose }: Props) {
  const { row, text } = edit
  const [error, setError] = useState<string>()
  const field = useRef<HTMLTextAreaElement>(null)
  const isClosed = useRef(false)
  const errorId = useId()

  useEffect(() => {
    const { current } = field
    if (!edit.takesFocus) return
    edit.takesFocus = false
    current?.focus()
    current?.setSelectionRange(current.value.length, current.value.length)
  }, [edit])

  /** Closing removes the field, which then loses the focus: that must not save. */
  function close(): void {
    isClosed.current = true
    onClose()
  }

  function save(): void {
    if (isClosed.current) return
    const title = inOneLine(field.current?.value ?? '')
    const isUnchanged = title === '' || title === textOf(row)
    const problem = isUnchanged ? undefined : titleError(title)
    setError(problem)
    if (problem !== undefined) return
    isClosed.current = true
    // Stored before its draft is removed.
    if (title === '') onEmpty()
    else if (!isUnchanged) onSave(title)
    onClose()
  }

  /** On a computer Tab reaches Cancel, and the edit goes on. */
  function onBlur({ currentTarget, relatedTarget }: FocusEvent): void {
    if (!currentTarget.contains(relatedTarget)) save()
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return
    event.preventDefault()
    // The key that opened the field may still be held.
    if (event.repeat) return
    if (event.key === 'Enter') save()
    else close()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the events are those of the field and the button in it.
    <div className="editor" onBlur={onBlur}>
      <textarea
        ref={field}
        rows={1}
        className="editor-field"
        dir="auto"
        data-key="e"
        aria-label={`New title of ${row.title}`}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : errorId}
        enterKeyHint="done"
        defaultValue={text}
        onInput={({ currentTarget }) => onType(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        className="quiet-button"
        // A touch would first take the focus from the field, which saves.
        onMouseDown={(event) => event.preventDefault()}
        onClick={close}
      >
        Cancel
      </button>
      {error !== undefined && (
        <p id={errorId} role="alert" className="problem basis-full">
          {error}
        </p>
      )}
    </div>
  )
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
