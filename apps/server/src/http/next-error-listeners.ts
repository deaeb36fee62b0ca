/**
 * Next prints uncaught errors unchanged, and a message of a driver or parser may quote a title. So
 * Next gets our rejection listener, which it looks up by this symbol before it adds its own, at
 * startup and again with its first page. Call the returned function after `prepare()`: it removes
 * the exception listeners that Next added, because the server has its own.
 */
export function replaceNextErrorListeners(onRejection: (error: unknown) => void): () => void {
  Object.assign(globalThis, { [Symbol.for('next.unhandledRejectionListener')]: onRejection })
  const ours = new Set(process.listeners('uncaughtException'))
  return function removeExceptionListeners() {
    for (const listener of process.listeners('uncaughtException')) {
      if (!ours.has(listener)) process.off('uncaughtException', listener)
    }
  }
}
