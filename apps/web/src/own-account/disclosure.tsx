import { type ReactNode, useEffect, useRef } from 'react'

type Props = {
  readonly button: string
  readonly onOpen: () => void
  /** Undefined where the content is not to be closed by accident. */
  readonly onCancel?: (() => void) | undefined
  /** In the place of the button; undefined while the button is there. */
  readonly children: ReactNode
}

/** Something in the place of the button that asked for it. The focus goes into it, and back to the button. */
export function Disclosure({ button, onOpen, onCancel, children }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const isOpen = children !== undefined
  const wasOpen = useRef(isOpen)

  useEffect(() => {
    if (wasOpen.current === isOpen) return
    wasOpen.current = isOpen
    place.current?.querySelector<HTMLElement>(isOpen ? 'input, textarea' : 'button')?.focus()
  }, [isOpen])

  return (
    <div ref={place}>
      {children ?? (
        <button type="button" className="plain-button" onClick={onOpen}>
          {button}
        </button>
      )}
      {isOpen && onCancel && (
        <button type="button" className="quiet-button mt-1 -ml-3" onClick={onCancel}>
          Cancel
        </button>
      )}
    </div>
  )
}
