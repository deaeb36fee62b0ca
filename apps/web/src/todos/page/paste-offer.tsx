import { type KeyboardEvent, useEffect, useRef } from 'react'

type Props = {
  /** Of the pasted lines. */
  readonly count: number
  readonly onEach: () => void
  readonly onOne: () => void
  readonly onClose: () => void
}

/** A pasted text of several lines: several todos, or one? */
export function PasteOffer({ count, onEach, onOne, onClose }: Props) {
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') onClose()
  }

  return (
    <fieldset className="paste-offer" onKeyDown={onKeyDown}>
      <legend className="sr-only">Pasted text with {count} lines</legend>
      <button ref={first} type="button" className="quiet-button" onClick={onEach}>
        Add {count} todos
      </button>
      <button type="button" className="quiet-button" onClick={onOne}>
        Add as one
      </button>
      <button type="button" className="quiet-button" onClick={onClose}>
        Cancel
      </button>
    </fieldset>
  )
}

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
