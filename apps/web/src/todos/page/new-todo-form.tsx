import { titleError } from '@idem/contract/title-error'
import { type ClipboardEvent, type RefObject, useEffect, useRef, useState } from 'react'
import type { Todos } from '../sending/create-todos.ts'
import { draftName } from '../sending/draft.ts'
import type { TodoSubmission } from '../sending/submissions.ts'
import type { PageError } from '../status/status-text.ts'
import type { UndoView } from '../undo/use-undo.ts'
import { FailedTodos } from './failed-todos.tsx'
import { linesOf, PasteOffer } from './paste-offer.tsx'
import { notAdded, useAdding } from './use-adding.ts'
import { useUnloadWarning } from './use-unload-warning.ts'

type Props = {
  readonly todos: Todos
  readonly field: RefObject<HTMLInputElement | null>
  readonly problem: PageError | undefined
  readonly onProblem: (problem: PageError | undefined) => void
  readonly onAdded: () => void
} & Pick<UndoView, 'record' | 'drop'>

/** Enter turns the text into an entry. The field is uncontrolled: it is read and cleared within one event. */
export function NewTodoForm({ todos, field, problem, onProblem, onAdded, ...undo }: Props) {
  const givenBack = useRef<TodoSubmission>(undefined)
  const [lines, setLines] = useState<readonly string[]>([])
  const giveBackError = useRef<unknown>(undefined)
  const adding = useAdding(todos, undo)
  useUnloadWarning(adding.failed.length > 0)
  useDraft(todos, field)

  function submit(): void {
    const text = field.current?.value ?? ''
    if (field.current === null || text === '') return
    const title = text.trim()
    const error = titleError(title)
    if (error !== undefined) {
      onProblem({ about: 'field', words: error })
      return
    }
    // Within the event, so that the second click of a double click finds an empty field.
    field.current.value = ''
    // A tap on Add takes it, and the phone puts its keyboard away.
    field.current.focus()
    onProblem(undefined)
    setLines([])
    const submission = submissionOf(title)
    adding.add([submission], (error) => giveBack(submission, text, error))
    onAdded()
  }

  /** A returned text that is submitted unchanged is the same intent, in case the first write did succeed. */
  function submissionOf(title: string): TodoSubmission {
    const before = givenBack.current
    givenBack.current = undefined
    return before?.intent.title === title ? before : todos.create(title, draftName())
  }

  /** Only into an empty field: what the person types meanwhile is another text. */
  function giveBack(submission: TodoSubmission, text: string, error: unknown): boolean {
    if (field.current === null || field.current.value !== '') return false
    field.current.value = text
    // What the person writes next replaces it, and does not continue it.
    field.current.select()
    givenBack.current = submission
    giveBackError.current = error
    onProblem({ about: 'field', words: notAdded('this', error) })
    return true
  }

  /** Another text replaces one that was given back as it was: then that one stays below the field. */
  function keepApart(): void {
    const submission = givenBack.current
    const input = field.current
    const isReplaced = input?.selectionStart === 0 && input.selectionEnd === input.value.length
    if (submission === undefined || !isReplaced) return
    givenBack.current = undefined
    adding.fail(submission, giveBackError.current)
  }

  /** A person who goes on writing does not want the offer. */
  function changed(): void {
    onProblem(undefined)
    setLines([])
    void saveDraft(todos, field.current?.value ?? '')
  }

  function pasted(event: ClipboardEvent): void {
    const found = linesOf(event.clipboardData.getData('text'))
    if (found.length < 2) return
    event.preventDefault()
    setLines(found)
  }

  function addEach(): void {
    const invalid = lines.map(titleError).find((error) => error !== undefined)
    onProblem(invalid === undefined ? undefined : { about: 'field', words: invalid })
    if (invalid !== undefined) return
    // The list shows the newest first, so the first line is added last.
    adding.add(lines.toReversed().map((title) => todos.create(title)))
    closeOffer()
    onAdded()
  }

  function addAsOne(): void {
    if (field.current === null) return
    field.current.value = [field.current.value.trim(), ...lines].join(' ').trim()
    closeOffer()
    submit()
  }

  /** The button that had the focus is gone then. */
  function leaveFailed(decide: () => void): void {
    decide()
    field.current?.focus()
  }

  function closeOffer(): void {
    setLines([])
    field.current?.focus()
  }

  return (
    <form
      className="new-todo"
      // For a text submitted before hydration: React replays the event here.
      action={submit}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <label className="sr-only" htmlFor="new-todo">
        New todo
      </label>
      <input
        ref={field}
        id="new-todo"
        type="text"
        className="field"
        dir="auto"
        placeholder="What needs doing?"
        autoComplete="off"
        enterKeyHint="done"
        aria-invalid={problem?.about === 'field'}
        aria-describedby={problem?.about === 'field' ? 'problem' : undefined}
        data-key="n"
        onInput={changed}
        onBeforeInput={keepApart}
        onPaste={pasted}
      />
      <button type="submit" className="loud-button">
        Add
      </button>
      {lines.length > 1 && (
        <PasteOffer lines={lines} onEach={addEach} onOne={addAsOne} onClose={closeOffer} />
      )}
      <FailedTodos
        failed={adding.failed}
        onAgain={() => leaveFailed(adding.addAgain)}
        onDiscard={() => leaveFailed(adding.discard)}
      />
    </form>
  )
}

/** Restores the draft from before a reload, unless the user is typing already. */
function useDraft(todos: Todos, field: Props['field']): void {
  useEffect(() => {
    todos.outbox.readNote(draftName()).then(
      (draft) => {
        if (field.current?.value === '' && typeof draft === 'string') field.current.value = draft
      },
      () => undefined,
    )
  }, [todos, field])
}

/** Stores the draft while it is typed. A draft that cannot be stored is still on the screen. */
function saveDraft({ outbox }: Todos, text: string): Promise<void> {
  return outbox.writeNote(draftName(), text === '' ? undefined : text).catch(() => undefined)
}
