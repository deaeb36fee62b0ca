import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { focusInRow } from '../focus-in-row.ts'

type Props = {
  /** Undefined when everything is loaded. */
  readonly onMore: (() => void) | undefined
  /** Until then the end of the list is nearer than it will be. */
  readonly isShown: boolean
  readonly pageCount: number
  readonly rowCount: number
}

/** The distance to the end of the list at which the next rows are loaded: a second of quick scrolling. */
const ahead = '1500px'

/** Loads more before the end of the list is reached. The button is for those who do not scroll. */
export function LoadMore({ onMore, isShown, pageCount, rowCount }: Props) {
  const button = useRef<HTMLButtonElement>(null)
  const focusedAt = useRef<number>(undefined)
  const [loaded, setLoaded] = useState({ pageCount, rowCount })
  if (loaded.pageCount !== pageCount) setLoaded({ pageCount, rowCount })

  useEffect(() => {
    if (button.current === null || onMore === undefined || !isShown) return
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) onMore()
      },
      { rootMargin: ahead },
    )
    observer.observe(button.current)
    return () => observer.disconnect()
  }, [onMore, isShown])

  // A button that is gone gives the focus to the rows that it has loaded.
  useLayoutEffect(() => {
    if (onMore !== undefined || focusedAt.current === undefined) return
    const rows = document.querySelectorAll('.chunk:not([aria-hidden]) > .row')
    const isElsewhere = document.activeElement !== document.body
    // The rows come in steps.
    if (isElsewhere || focusInRow(rows[focusedAt.current], 'x')) focusedAt.current = undefined
  })

  function seen(): void {
    focusedAt.current = rowCount
  }

  return (
    <>
      <p aria-live="polite" className="sr-only">
        {loaded.pageCount > 1 && `${loaded.rowCount} todos loaded`}
      </p>
      {onMore && (
        <button
          ref={button}
          type="button"
          className="quiet-button mt-2"
          onFocus={seen}
          // React reports no blur of an element that it removes.
          onBlur={() => {
            focusedAt.current = undefined
          }}
          onClick={() => {
            seen()
            onMore()
          }}
        >
          Show more
        </button>
      )}
    </>
  )
}
