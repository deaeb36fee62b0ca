import { Dialog } from '../shell/dialog.tsx'

type Props = {
  readonly title: string
  readonly words: string
  readonly button: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Only before something that cannot be undone. The first button is the way back. */
export function ConfirmDialog({ title, words, button, onConfirm, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="text-small">{words}</p>
      <div className="mt-4 -mr-3 flex flex-wrap justify-end">
        <button type="button" className="quiet-button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="quiet-button text-alarm"
          onClick={() => {
            onClose()
            onConfirm()
          }}
        >
          {button}
        </button>
      </div>
    </Dialog>
  )
}
