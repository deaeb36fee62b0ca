import { type ComponentType, type ReactNode, useState } from 'react'

/** The buttons of the page beside its title. Tab begins at the field, and reaches them before a list without end. */
export function PageTools({ children }: { readonly children?: ReactNode }) {
  const [Help, setHelp] = useState<ComponentType<{ onClose: () => void }>>()

  function open(): void {
    import('../keyboard/help-dialog.tsx').then(
      ({ HelpDialog }) => setHelp(() => HelpDialog),
      // Without a network and without a kept page it stays closed; the next click tries again.
      () => undefined,
    )
  }

  return (
    <div className="page-tools">
      {children}
      <button
        type="button"
        className="icon-button keyboard-icon no-touch"
        data-key="?"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts"
        aria-haspopup="dialog"
        onClick={open}
      />
      {Help && <Help onClose={() => setHelp(undefined)} />}
    </div>
  )
}
