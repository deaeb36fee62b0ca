/** Returns the same promise, whose rejection is ignored when nothing awaits it. */
export function ignorable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
