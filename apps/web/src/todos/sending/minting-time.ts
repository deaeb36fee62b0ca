import { storedItem } from '../../account/installation-name.ts'

/** A time further ahead does not come from another tab, but from a wrong clock. */
const farMs = 60_000

/**
 * The time for a todo's id: the server's, but later than any time that a tab of this browser has used,
 * so that the list shows the order of writing across tabs, although each tab has its own estimate of
 * the server's clock.
 */
export function mintingTime(
  now: number,
  memory: () => Pick<Storage, 'getItem' | 'setItem'> = () => localStorage,
): number {
  try {
    const name = storedItem('minted')
    const last = Number(memory().getItem(name))
    const isAhead = last >= now && last - now <= farMs
    const time = isAhead ? Math.floor(last) + 1 : Math.floor(now)
    memory().setItem(name, String(time))
    return time
  } catch {
    // Without storage each tab uses its own clock.
    return now
  }
}
