import { useState } from 'react'
import { areSingleKeysOn, switchSingleKeys } from './single-keys.ts'

const keys = [
  ['n', 'New todo'],
  ['↑ ↓', 'Move in the list'],
  ['e or Enter', 'Edit'],
  ['x or Space', 'Complete'],
  ['Delete', 'Delete'],
  ['Ctrl + Z', 'Undo'],
  ['Ctrl + Shift + Z', 'Redo'],
  ['/', 'Search'],
  ['?', 'This help'],
] as const

/** Shown with `showModal`, so the browser keeps the focus inside, closes it with Esc and returns the focus. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const [isOn, setOn] = useState(areSingleKeysOn)

  function change(on: boolean): void {
    switchSingleKeys(on)
    setOn(on)
  }

  return (
    <dialog ref={show} className="dialog" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title" className="mb-3 font-semibold">
        Keyboard shortcuts
      </h2>
      <dl className="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>{does}</dt>
            <dd>
              <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <p className="mt-3 text-small text-quiet">
        Letters are keys wherever no text field or menu has the focus. Esc cancels an edit and
        closes a panel.
      </p>
      <label className="setting">
        <input type="checkbox" checked={isOn} onChange={({ target }) => change(target.checked)} />
        Single-letter keys
      </label>
      <form method="dialog" className="flex justify-end">
        <button type="submit" className="quiet-button -mr-3">
          Close
        </button>
      </form>
    </dialog>
  )
}

function show(dialog: HTMLDialogElement | null): void {
  if (dialog?.open === false) dialog.showModal()
}
