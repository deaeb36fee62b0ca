import { useEffect } from 'react'

/** While something exists only in this page, the browser asks before it closes. Otherwise a listener would cost the back/forward cache. */
export function useUnloadWarning(isOnlyHere: boolean): void {
  useEffect(() => {
    if (!isOnlyHere) return
    const ask = (event: Event) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isOnlyHere])
}
