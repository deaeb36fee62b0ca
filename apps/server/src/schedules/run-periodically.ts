import { Cron } from 'croner'

/**
 * Runs the work at once and then periodically, never twice at a time. The returned function aborts the
 * signal and waits for the work to end.
 */
export function runPeriodically(
  pattern: string,
  work: (signal: AbortSignal) => Promise<void>,
): () => Promise<void> {
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()

  const job = new Cron(pattern, { protect: true, unref: true }, () => {
    running = work(stopping.signal)
    return running
  })
  void job.trigger()
  return async function stop() {
    job.stop()
    stopping.abort()
    await running
  }
}
