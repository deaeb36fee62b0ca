import { type ComponentType, type ReactNode, useRef, useState } from 'react'

/** Loaded when it is opened, so that the first load of the page does not contain it. */
export function usePanel<Props>(load: () => Promise<ComponentType<Props>>) {
  const [Open, setOpen] = useState<ComponentType<Props>>()
  const button = useRef<HTMLButtonElement>(null)
  return {
    Open,
    button,
    close(): void {
      setOpen(undefined)
      button.current?.focus()
    },
    toggle(): void {
      if (Open) setOpen(undefined)
      // Without a network and without a kept page it stays closed; the next click tries again.
      else
        load().then(
          (Loaded) => setOpen(() => Loaded),
          () => undefined,
        )
    },
  }
}

type PanelProps = {
  readonly name: string
  readonly onClose: () => void
  readonly children: ReactNode
}

export function Panel({ name, onClose, children }: PanelProps) {
  if (!children) return null
  return (
    <section
      ref={focusOnOpen}
      tabIndex={-1}
      aria-label={name}
      onKeyDown={({ key }) => key === 'Escape' && onClose()}
      className="mb-4 print:hidden rounded-xl border border-line bg-raised px-4 py-3"
    >
      <h2 className="mb-1 font-semibold">{name}</h2>
      {children}
    </section>
  )
}

/** The panel is far from its button in the document, so a keyboard continues in the panel. */
function focusOnOpen(panel: HTMLElement | null): void {
  panel?.focus()
}
