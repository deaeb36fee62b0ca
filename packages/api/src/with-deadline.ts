/** Longer than every time-out below it, shorter than the client's own 12 s: whoever waits is told, not cut off. */
const mostCallMs = 10_000

/** What the call gives, or what `late` says once the time is up; the call itself goes on and its end is not heard. */
export function withDeadline<T>(call: () => Promise<T>, late: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), mostCallMs)
    void call()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
