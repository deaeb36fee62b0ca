import { type ReactNode, useRef } from 'react'
import { HelpDialog } from '../keyboard/help-dialog.tsx'
import { KeyboardIcon } from './icons.tsx'

/** The title, with the buttons of the page at its end. */
export function PageHeader({ children }: { readonly children?: ReactNode }) {
  const help = useRef<HTMLDialogElement>(null)
  return (
    <header className="page-header">
      <h1 className="text-title font-semibold">Todos</h1>
      <div className="-mr-3 ml-auto flex">
        {children}
        <button
          type="button"
          className="icon-button"
          data-key="?"
          aria-label="Keyboard shortcuts"
          onClick={() => help.current?.showModal()}
        >
          <KeyboardIcon />
        </button>
      </div>
      <HelpDialog dialog={help} />
    </header>
  )
}
