import { titleError } from '@idem/contract/title-error'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import { notAdded } from './not-added.ts'
import type { PageError } from './page-error.tsx'

type Props = {
  readonly todos: Todos
  readonly lines: readonly string[]
  readonly onProblem: (problem: PageError | undefined) => void
  readonly onAdded: () => void
  /** The lines that could not be stored. */
  readonly onFailed: (lines: readonly string[]) => void
  readonly onOne: () => void
  readonly onClose: () => void
}

/** A pasted text of several lines: several todos, or one? */
export function PasteOffer({ todos, lines, onProblem, onAdded, onFailed, onOne, onClose }: Props) {
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])

  function addEach(): void {
    const invalid = lines.map(titleError).find((error) => error !== undefined)
    onProblem(invalid === undefined ? undefined : { about: 'field', words: invalid })
    if (invalid !== undefined) return
    // The list shows the newest first, so the first line is added last.
    for (const title of lines.toReversed()) add(title)
    onClose()
    onAdded()
  }

  function add(title: string): void {
    todos.outbox.add(todos.create(title)).written.catch((error) => {
      onFailed(lines)
      onProblem({ about: 'field', words: notAdded(`“${title}”`, error) })
    })
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') onClose()
  }

  return (
    <fieldset className="paste-offer" onKeyDown={onKeyDown}>
      <legend className="sr-only">Pasted text with {lines.length} lines</legend>
      <button ref={first} type="button" className="quiet-button" onClick={addEach}>
        Add {lines.length} todos
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
