import { useEffect, useState } from 'react'
import { Quoted } from '../../shell/quoted.tsx'
import { wordsOf } from './undoable.ts'
import type { UndoStack } from './use-undo.ts'

/** Long enough to read it and to reach the button with a keyboard or a switch. */
const shownMs = 10_000

/** The region exists from the first paint, so that screen readers announce what appears in it. */
export function UndoToast({ undo, onUndo }: { undo: UndoStack; onUndo: () => void }) {
  const { next, isFresh, closeToast } = undo
  return (
    <div aria-live="polite" className="toast-region">
      {next && isFresh && (
        <Toast key={next.key} words={wordsOf(next)} onUndo={onUndo} onClose={closeToast} />
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

type UndoButtonProps = { className: string; onUndo: () => void; title?: string }

export function UndoButton({ className, onUndo, title }: UndoButtonProps) {
  return (
    <button
      type="button"
      className={className}
      data-key="ctrl+z"
      {...(title !== undefined && { title })}
      onClick={onUndo}
    >
      Undo
    </button>
  )
}
