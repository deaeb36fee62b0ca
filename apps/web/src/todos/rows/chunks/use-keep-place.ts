import { useEffect, useLayoutEffect, useRef } from 'react'
import { type Place, readPlace, writePlace } from '../../list/kept-place.ts'
import { rowElement } from '../focus-in-row.ts'

/** A reload shows the same rows at the same place, as soon as they are there. */
export function useKeepPlace(pages: number): void {
  const latest = useRef(pages)
  const wanted = useRef<Place | 'unread' | undefined>('unread')

  useEffect(() => {
    function leave(): void {
      const place = placeNow(latest.current)
      writePlace(place)
      // The browser would scroll before the rows are there.
      history.scrollRestoration = place === undefined ? 'auto' : 'manual'
    }
    addEventListener('pagehide', leave)
    return () => removeEventListener('pagehide', leave)
  }, [])

  useLayoutEffect(() => {
    latest.current = pages
    if (wanted.current === 'unread') wanted.current = readPlace()
    if (wanted.current === undefined) return
    const row = rowElement(wanted.current.id)
    if (row === null) return
    scrollBy(0, row.getBoundingClientRect().top - wanted.current.top)
    wanted.current = undefined
  })
}

/** The steps in which a row is looked for, from the top of the screen, in px: less than a row is high. */
const step = 40

function placeNow(pages: number): Place | undefined {
  if (scrollY === 0) return undefined
  for (let y = 1; y < innerHeight; y += step) {
    const row = document.elementFromPoint(innerWidth / 2, y)?.closest<HTMLElement>('.row')
    const id = row?.dataset.id
    if (row && id) return { id, top: row.getBoundingClientRect().top, pages: Math.max(pages, 1) }
  }
  return undefined
}
