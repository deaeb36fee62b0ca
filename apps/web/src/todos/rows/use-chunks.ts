import { useEffect, useState } from 'react'

/** More than fits on a screen, and little enough to be added within a frame. */
const chunk = 100

/** A long list grows in chunks, so that no single task of the browser is long and typing is not delayed. */
export function useChunks<Item>(items: readonly Item[]): readonly Item[] {
  const [most, setMost] = useState(chunk)

  useEffect(() => {
    const wanted = Math.min(most + chunk, Math.max(items.length, chunk))
    if (wanted === most) return
    const timer = setTimeout(setMost, 0, wanted)
    return () => clearTimeout(timer)
  }, [most, items.length])

  return items.length > most ? items.slice(0, most) : items
}
