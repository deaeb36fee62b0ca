/** The same promise: if it rejects when nobody waits for it, that is no unhandled rejection. */
export function ignorable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
