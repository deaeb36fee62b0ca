import { type ReactNode, useRef } from 'react'

type Props = {
  readonly button: string
  readonly isOpen: boolean
  readonly setOpen: (isOpen: boolean) => void
  readonly children: ReactNode
}

/** A form that is there when it is wanted. The focus goes into it, and back to its button. */
export function Disclosure({ button, isOpen, setOpen, children }: Props) {
  const opener = useRef<HTMLButtonElement>(null)

  function close(): void {
    setOpen(false)
    opener.current?.focus()
  }

  return (
    <>
      <button
        ref={opener}
        type="button"
        className="plain-button"
        aria-expanded={isOpen}
        onClick={() => (isOpen ? close() : setOpen(true))}
      >
        {button}
      </button>
      {isOpen && (
        // biome-ignore lint/a11y/noStaticElementInteractions: Esc is a shortcut of the button above.
        <div
          ref={(form) => form?.querySelector('input')?.focus()}
          className="mt-4"
          onKeyDown={({ key }) => key === 'Escape' && close()}
        >
          {children}
        </div>
      )}
    </>
  )
}
