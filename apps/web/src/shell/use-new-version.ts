import { useEffect, useState } from 'react'
import { startPoll } from '../sync/poll.ts'

const checkMs = 600_000

/** Whether the server has another release of the page than this one, or is another installation. */
export function useNewVersion(): boolean {
  const [isOutdated, setIsOutdated] = useState(false)

  useEffect(() => {
    if (process.env.NODE_ENV !== 'production') return
    const { installation = '' } = document.documentElement.dataset
    const own = [...scriptPaths(), installation]
    const poll = startPoll(async (signal) => {
      const response = await fetch('.', { signal, cache: 'no-cache' })
      // A portal, or another server at this address, answers with a page of its own.
      const isOurs = response.ok && response.headers.has('idem-release')
      if (isOurs) setIsOutdated(isOther(await response.text(), own))
      return checkMs
    })
    return poll.stop
  }, [])

  return isOutdated
}

/** The name of a script contains its hash, so a page with the same scripts is the same release. */
export function isOther(html: string, own: readonly string[]): boolean {
  return own.some((part) => !html.includes(part))
}

function scriptPaths(): string[] {
  return [...document.scripts]
    .map(({ src }) => new URL(src, location.href).pathname)
    .filter((path) => path.includes('_next/static/'))
}
