import { useEffect, useState } from 'react'

/**
 * The token of the link by which this page was opened; undefined until it is read, empty if there is none.
 * It leaves the address bar at once, and with it the history of the browser.
 */
export function useLinkToken(): string | undefined {
  const [token, setToken] = useState<string>()

  useEffect(() => {
    function read(): void {
      const found = location.hash.slice(1)
      setToken((before) => found || (before ?? ''))
      if (found !== '') history.replaceState(history.state, '', location.pathname)
    }
    read()
    // Another link into the same tab loads nothing.
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])

  return token
}
