import { type KeyboardEvent, useEffect, useRef } from 'react'

type Props = {
  readonly lines: readonly string[]
  readonly onEach: () => void
  readonly onOne: () => void
  readonly onClose: () => void
}

/** Enough to see what the lines are. */
const previewed = 3

/** A pasted text of several lines: several todos, or one? It lies over the list, which does not move. */
export function PasteOffer({ lines, onEach, onOne, onClose }: Props) {
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') onClose()
  }

  return (
    <fieldset className="paste-offer" onKeyDown={onKeyDown}>
      <legend className="sr-only">Pasted text with {lines.length} lines</legend>
      <ul>
        {lines.slice(0, previewed).map((line, place) => (
          <li key={place} dir="auto" className="truncate">
            {line}
          </li>
        ))}
      </ul>
      {lines.length > previewed && (
        <p className="text-small text-quiet">and {lines.length - previewed} more</p>
      )}
      <div className="paste-buttons">
        <button ref={first} type="button" className="quiet-button" onClick={onEach}>
          Add {lines.length} todos
        </button>
        <button type="button" className="quiet-button" onClick={onOne}>
          Add as one
        </button>
        <button type="button" className="quiet-button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </fieldset>
  )
}

/** The marker of a list in another program: “- ”, “* ”, “• ”, “[ ] ”, “1. ”, also several of them. */
const marker = /^(?:(?:[-*•‣◦]|\d{1,3}[.)]|\[[ xX]?\])\s+)+/

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(marker, '').trim())
    .filter((line) => line !== '')
}
