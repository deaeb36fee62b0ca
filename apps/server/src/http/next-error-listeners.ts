/**
 * Next prints errors that nobody caught as they are, and what a driver or a parser quotes in its
 * message may be a title. So it gets our listener for rejections, which it looks for by this name
 * before it adds its own, at the start and again with its first page. Call the returned function
 * once it is prepared: that takes away what it added for exceptions, for which there is a listener.
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
