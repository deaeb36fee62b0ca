import { setTimeout as pause } from 'node:timers/promises'

/** Between two turns, so that looking does not itself keep the machine busy. */
const pauseMs = 20

/** Does it again and again until the other is done, and gives all that it gave. */
export async function repeatUntil<T>(
  other: Promise<unknown>,
  turn: () => Promise<T>,
): Promise<T[]> {
  let over = false
  void other.then(end, end)
  function end() {
    over = true
  }
  const gave: T[] = []
  while (!over) {
    gave.push(await turn())
    await pause(pauseMs)
  }
  return gave
}
