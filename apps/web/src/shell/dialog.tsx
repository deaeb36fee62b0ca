import { type ReactNode, useId } from 'react'

type Props = {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Shown with `showModal`, so the browser keeps the focus inside, closes it with Esc and returns the focus. */
export function Dialog({ title, onClose, children }: Props) {
  const id = useId()
  return (
    <dialog ref={show} className="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id} className="mb-3 font-semibold wrap-anywhere">
        {title}
      </h2>
      {children}
    </dialog>
  )
}

/** Closed before it goes, because only then the browser returns the focus. */
function show(dialog: HTMLDialogElement): () => void {
  dialog.showModal()
  return () => dialog.close()
}
