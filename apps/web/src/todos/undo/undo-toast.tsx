import { useEffect, useState } from 'react'
import { Quoted } from '../../shell/quoted.tsx'
import type { UndoView } from './use-undo.ts'

/** Long enough to read it and to reach the button with a keyboard or a switch. */
const shownMs = 10_000

/** The region exists from the first paint, so that screen readers announce what appears in it. */
export function UndoToast({ undo }: { readonly undo: UndoView }) {
  const { fresh, undoNext, closeToast } = undo
  return (
    <div aria-live="polite" className="toast-region">
      {fresh?.said && (
        <Toast key={fresh.id} words={fresh.said} onUndo={undoNext} onClose={closeToast} />
      )}
    </div>
  )
}

type ToastProps = { words: string; onUndo: () => void; onClose: () => void }

function Toast({ words, onUndo, onClose }: ToastProps) {
  const [isHovered, setHovered] = useState(false)
  const [isFocused, setFocused] = useState(false)
  const isHeld = isHovered || isFocused

  useEffect(() => {
    if (isHeld) return
    const timer = setTimeout(onClose, shownMs)
    return () => clearTimeout(timer)
  }, [isHeld, onClose])

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only keeps it on the screen.
    <div
      className="toast"
      onMouseEnter={() => setHovered(true)}
      onMouseLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <p className="toast-words">
        <Quoted words={words} />
      </p>
      <UndoButton className="toast-button" onUndo={onUndo} />
    </div>
  )
}

type UndoButtonProps = {
  readonly className: string
  readonly onUndo: () => void
  /** What is undone, if nothing beside the button says it. */
  readonly words?: string
}

export function UndoButton({ className, onUndo, words }: UndoButtonProps) {
  return (
    <button type="button" className={className} data-key="ctrl+z" onClick={onUndo}>
      Undo{words && <Quoted words={` ${words}`} />}
    </button>
  )
}

type RedoButtonProps = { readonly words: string; readonly onRedo: () => void }

export function RedoButton({ words, onRedo }: RedoButtonProps) {
  const name = `Redo ${words}`
  return (
    <button
      type="button"
      className="quiet-button"
      data-key="ctrl+shift+z"
      aria-label={name}
      title={name}
      onClick={onRedo}
    >
      Redo
    </button>
  )
}
