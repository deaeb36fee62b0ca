import { useId, useState } from 'react'

export type Field = {
  /** Its name in the request. */
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'email' | 'password'
  readonly autoComplete:
    | 'name'
    | 'username'
    | 'current-password'
    | 'new-password'
    | 'one-time-code'
    | 'off'
  /** Said before anything is written. */
  readonly hint?: string
  /** Written in it at first. */
  readonly value?: string
  /** Why the server would not accept a text; undefined when it would. */
  error(text: string): string | undefined
  /** Why the server did not accept it nevertheless. */
  readonly refused?: string
}

type Props = {
  readonly field: Field
  readonly problem: string | undefined
  /** The id of a text about the whole form. */
  readonly describedBy: string | undefined
  readonly onChange: () => void
}

/** Uncontrolled, so that what a password manager fills in counts, and nothing takes it away. */
export function FormField({ field, problem, describedBy, onChange }: Props) {
  const { name, label, type, autoComplete, hint, value } = field
  const id = useId()
  const [isShown, setShown] = useState(false)
  const describing = [hint && `${id}-hint`, problem && `${id}-problem`, describedBy]
    .filter(Boolean)
    .join(' ')
  const isPassword = type === 'password'
  return (
    <div>
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className="mb-1 text-small text-quiet">
          {hint}
        </p>
      )}
      <div className="relative flex">
        <input
          id={id}
          name={name}
          type={isPassword && isShown ? 'text' : type}
          className={`field ${isPassword ? 'pr-[5rem]' : ''}`}
          autoComplete={autoComplete}
          defaultValue={value}
          // A shown password is no text for a spelling service.
          spellCheck={isPassword ? false : undefined}
          dir="auto"
          aria-invalid={problem !== undefined}
          aria-describedby={describing || undefined}
          onInput={onChange}
        />
        {isPassword && (
          <button
            type="button"
            className="quiet-button show-password"
            aria-label={isShown ? 'Hide password' : 'Show password'}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? 'Hide' : 'Show'}
          </button>
        )}
      </div>
      <p id={`${id}-problem`} className="problem mt-1">
        {problem}
      </p>
    </div>
  )
}
