import { titleError } from '@idem/contract/title-error'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { Row } from '../list/merge-optimistic.ts'

type Props = {
  readonly row: Row
  readonly onSave: (row: Row, title: string) => void
  readonly onClose: () => void
}

/**
 * The text field in a row. It saves on Enter and when it loses the focus, and only a valid and changed
 * title. The change is based on the row as it was when the field opened: another device may have changed
 * it meanwhile, and what the person did not see is not overwritten.
 */
export function TitleEditor({ row: shown, onSave, onClose }: Props) {
  const [row] = useState(shown)
  const [error, setError] = useState<string>()
  const field = useRef<HTMLTextAreaElement>(null)
  const isClosed = useRef(false)
  const errorId = useId()
  const mine = textOf(row)

  useEffect(() => {
    const { current } = field
    current?.focus()
    current?.setSelectionRange(current.value.length, current.value.length)
  }, [])

  /** Closing removes the field, which then loses the focus: that must not save. */
  function close(): void {
    isClosed.current = true
    onClose()
  }

  function save(): void {
    if (isClosed.current) return
    const title = inOneLine(field.current?.value ?? '')
    const isUnchanged = title === '' || title === mine
    const problem = isUnchanged ? undefined : titleError(title)
    setError(problem)
    if (problem !== undefined) return
    close()
    if (!isUnchanged) onSave(row, title)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return
    event.preventDefault()
    if (event.key === 'Enter') save()
    else close()
  }

  return (
    <div className="editor">
      <textarea
        ref={field}
        rows={1}
        className="editor-field"
        data-key="e"
        aria-label={`New title of ${row.title}`}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : errorId}
        enterKeyHint="done"
        defaultValue={mine}
        onKeyDown={onKeyDown}
        onBlur={save}
      />
      {error !== undefined && (
        <p id={errorId} role="alert" className="problem">
          {error}
        </p>
      )}
    </div>
  )
}

/** Beside a refused change the text that the person wrote. */
function textOf({ title, entry }: Row): string {
  return entry?.status.state === 'needs_person' ? entry.intent.title : title
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
