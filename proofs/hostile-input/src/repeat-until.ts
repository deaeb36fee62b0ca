import { setTimeout as pause } from 'node:timers/promises'

/** The pause between two turns, so that polling does not load the machine. */
const pauseMs = 20

/** Repeats the work until the other promise settles, and returns all results. */
export async function repeatUntil<T>(
  other: Promise<unknown>,
  turn: () => Promise<T>,
): Promise<T[]> {
  let over = false
  void other.then(end, end)
  function end() {
    over = true
  }
  const results: T[] = []
  while (!over) {
    results.push(await turn())
    await pause(pauseMs)
  }
  return results
}
