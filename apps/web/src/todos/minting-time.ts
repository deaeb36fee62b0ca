const name = 'minted'
/** Further ahead than that is not another tab, but a clock that was wrong. */
const farMs = 60_000

/**
 * The time for a todo's id: the server's, but later than any that a tab of this
 * browser minted before, so that the list shows the order of writing whichever
 * tab it happened in, although each tab has learnt the server's clock by itself.
 */
export function mintingTime(
  now: number,
  memory: () => Pick<Storage, 'getItem' | 'setItem'> = () => localStorage,
): number {
  try {
    const last = Number(memory().getItem(name))
    const isAhead = last >= now && last - now <= farMs
    const time = isAhead ? Math.floor(last) + 1 : Math.floor(now)
    memory().setItem(name, String(time))
    return time
  } catch {
    // Without such a memory each tab goes by its own clock.
    return now
  }
}
