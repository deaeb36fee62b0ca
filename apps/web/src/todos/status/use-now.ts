import { useSyncExternalStore } from 'react'

/** Fine enough for "after 400 ms", coarse enough to cost nothing. */
const tickMs = 200

const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

/** The time in milliseconds, which ticks only while `running`. All components share one timer. */
export function useNow(running: boolean): number {
  return useAtNow(running, (time) => time)
}

/** What `of` makes of the time. Between two ticks with the same result nothing is rendered. */
export function useAtNow<Result>(running: boolean, of: (now: number) => Result): Result {
  const read = () => of(now)
  return useSyncExternalStore(running ? listen : stand, read, read)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    tick()
    timer = setInterval(tick, tickMs)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function stand(): () => void {
  return () => undefined
}

function tick(): void {
  now = Date.now()
  for (const listener of listeners) listener()
}
