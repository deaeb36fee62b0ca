import { useId, useState } from 'react'

type Props = {
  readonly label: string
  readonly text: string
  readonly hint: string
  readonly onDone: () => void
}

/** A secret that the server does not tell again. It gets the focus, selected for a copy by hand. */
export function ShownOnce({ label, text, hint, onDone }: Props) {
  const id = useId()
  const [copied, setCopied] = useState('')

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setCopied('Copied.')
    } catch {
      // Not on a page over http, or forbidden.
      setCopied('The browser does not allow this. Copy the text by hand.')
    }
  }

  return (
    <div>
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      <p id={`${id}-hint`} className="mb-1 text-small text-quiet">
        {hint}
      </p>
      <textarea
        ref={focusOnce}
        id={id}
        className="secret"
        value={text}
        rows={1}
        readOnly={true}
        spellCheck={false}
        aria-describedby={`${id}-hint`}
        onFocus={({ target }) => target.select()}
      />
      <div className="-ml-3 flex">
        <button type="button" className="quiet-button" onClick={copy}>
          Copy
        </button>
        <button type="button" className="quiet-button" onClick={onDone}>
          Done
        </button>
      </div>
      <p role="status" className="done">
        {copied}
      </p>
    </div>
  )
}

/** A module function, so that it runs only when the text appears. */
function focusOnce(field: HTMLTextAreaElement | null): void {
  field?.focus()
}
