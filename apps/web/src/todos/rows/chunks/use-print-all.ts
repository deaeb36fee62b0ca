import { useEffect, useState } from 'react'

type List = {
  /** Undefined when everything is loaded. */
  readonly showMore: (() => void) | undefined
  /** Whether the rest can be loaded now. */
  readonly isReachable: boolean
  /** Whether all that is loaded is on the page. */
  readonly isShown: boolean
}

/** Ctrl+P loads the rest of the list first. A print from the menu cannot wait, and says what is missing. */
export function usePrintAll({ showMore, isReachable, isShown }: List): void {
  const [isPrinting, setPrinting] = useState(false)
  const isComplete = showMore === undefined

  useEffect(() => {
    if (isComplete) return
    function onKeyDown(event: KeyboardEvent): void {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'p') return
      event.preventDefault()
      setPrinting(true)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [isComplete])

  useEffect(() => {
    if (!isPrinting) return
    if (isReachable && showMore) return showMore()
    if (!isShown) return
    setPrinting(false)
    print()
  })
}
