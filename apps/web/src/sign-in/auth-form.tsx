import type { RefusalCode } from '@idem/contract/refusal'
import { type ReactNode, useId, useRef, useState } from 'react'
import type { AuthAnswer } from '../account/auth-request.ts'
import { type Field, FormField } from './form-field.tsx'

type Props = {
  readonly send: (body: Readonly<Record<string, string>>) => Promise<AuthAnswer>
  readonly fields: readonly Field[]
  readonly button: string
  /** Loud where it is the only thing of its page. */
  readonly look?: 'loud-button' | 'plain-button'
  /** Between the fields and the button. */
  readonly children?: ReactNode
  /** What a refusal means here. */
  readonly refusals: Partial<Record<RefusalCode, string>>
  /** Called with the text of the answer. Returns what stands in the way nevertheless. */
  readonly onDone: (text: string) => string | undefined
}

type Problems = Readonly<Record<string, string | undefined>>

/** Texts stay as they are until the server has accepted them. */
export function AuthForm({ send, fields, button, look = 'loud-button', ...props }: Props) {
  const { refusals, children, onDone } = props
  const problemId = useId()
  const form = useRef<HTMLFormElement>(null)
  const isSending = useRef(false)
  const [isBusy, setBusy] = useState(false)
  const [problems, setProblems] = useState<Problems>({})
  const [problem, setProblem] = useState<string>()

  async function submit(): Promise<void> {
    if (form.current === null || isSending.current) return
    const body = valuesOf(form.current)
    const invalid = problemsOf(fields, body)
    show(invalid, undefined)
    if (Object.keys(invalid).length > 0) return
    // The second click of a double click must not use up a link, or an attempt.
    isSending.current = true
    setBusy(true)
    const answer = await send(body)
    isSending.current = false
    setBusy(false)
    if (answer.state === 'done') return show({}, onDone(answer.text))
    const { code, words, paths } = answer
    const refused = fields.filter(({ name }) => code === 'invalid_input' && paths.includes(name))
    const unaccepted = refused.map(({ name, label, refused }) => [
      name,
      refused ?? `The server does not accept this ${label}.`,
    ])
    show(
      Object.fromEntries(unaccepted),
      refused.length > 0 ? undefined : ((code && refusals[code]) ?? words),
    )
  }

  /** A keyboard, and a screen reader, continue at the first field to change. */
  function show(next: Problems, general: string | undefined): void {
    setProblems(next)
    setProblem(general)
    const first = fields.find(({ name }) => next[name] !== undefined)
    if (first) form.current?.querySelector<HTMLElement>(`[name="${first.name}"]`)?.focus()
  }

  return (
    <form
      ref={form}
      className="grid grid-cols-1 gap-4"
      noValidate={true}
      // For a form that is submitted before hydration: React replays the event here.
      action={submit}
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {fields.map((field) => (
        <FormField
          key={field.name}
          field={field}
          problem={problems[field.name]}
          describedBy={problem && problemId}
          onChange={() => setProblems({ ...problems, [field.name]: undefined })}
        />
      ))}
      {children}
      {/* From the first paint, so that screen readers announce its changes. */}
      <p id={problemId} role="alert" className="problem">
        {problem}
      </p>
      <button type="submit" className={look} aria-disabled={isBusy}>
        {button}
      </button>
    </form>
  )
}

function valuesOf(form: HTMLFormElement): Record<string, string> {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
}

function problemsOf(fields: readonly Field[], values: Readonly<Record<string, string>>): Problems {
  const found = fields.map(({ name, error }) => [name, error(values[name] ?? '')] as const)
  return Object.fromEntries(found.filter(([, words]) => words !== undefined))
}
