import { useState } from 'react'
import { Dialog } from '../../shell/dialog.tsx'
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

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const [isOn, setOn] = useState(areSingleKeysOn)

  function change(on: boolean): void {
    switchSingleKeys(on)
    setOn(on)
  }

  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
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
    </Dialog>
  )
}
