import { type ReactNode, useRef } from 'react'
import { HelpDialog } from '../keyboard/help-dialog.tsx'
import { KeyboardIcon } from './icons.tsx'

/** The buttons of the page beside its title. They come last in the document, so that Tab begins at the field. */
export function PageTools({ children }: { readonly children?: ReactNode }) {
  const help = useRef<HTMLDialogElement>(null)
  return (
    <div className="page-tools">
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
      <HelpDialog dialog={help} />
    </div>
  )
}
