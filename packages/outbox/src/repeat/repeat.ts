import { backoff } from './backoff.ts'

/** How one attempt ended: with a result or an error. */
export type Ended<Result> = {
  readonly result?: Result
  readonly error?: unknown
  /** Why another attempt should follow. */
  readonly again?: Again | undefined
}

/** The attempt may have taken effect or not, or the server answered "not now". */
export type Again = {
  /** The server failed, and may fail each time. */
  readonly isFailure?: boolean
  readonly retryAfterMs?: number | undefined
}

export type RepeatOptions = {
  /** Every attempt is sent under it. */
  readonly key: string
  readonly signal: AbortSignal
  /** How long one attempt may take, in ms. Default: 30,000. */
  readonly attemptTimeoutMs?: number | undefined
}

/** A server rarely takes longer, and a person rarely waits longer for a dead connection. */
const longestAttemptMs = 30_000
/** A failure that lasts longer is probably a bug, and the caller should see it. */
const mostFailures = 3

/**
 * Keys of calls that had an attempt without an answer, and no answer since. Shared by all
 * entry points of a page, so that a form keeps the key of a call that may have taken effect.
 */
export const unknownKeys = new Set<string>()

/**
 * Makes attempts until one is answered, with back-off. The attempts of a call must be
 * equal and have one key: an attempt without an answer may have taken effect. So each
 * attempt is told whether an earlier one under the key `isUnknown`.
 */
export async function repeat<Result extends object>(
  attempt: (signal: AbortSignal, isUnknown: boolean) => Promise<Ended<Result>>,
  { key, signal, attemptTimeoutMs = longestAttemptMs }: RepeatOptions,
): Promise<Result> {
  for (let attempts = 1, failures = 0; ; attempts += 1) {
    const ending = new AbortController()
    const timer = setTimeout(() => ending.abort(), attemptTimeoutMs)
    const { result, error, again } = await attempt(
      AbortSignal.any([signal, ending.signal]),
      unknownKeys.has(key),
    )
    // After the answer its request must not be aborted: calls of one batch share a response.
    clearTimeout(timer)
    if (again) unknownKeys.add(key)
    signal.throwIfAborted()
    if (again?.isFailure) failures += 1
    if (!again || failures === mostFailures) {
      if (result) return result
      throw error
    }
    await pause(attempts, again.retryAfterMs, signal)
    signal.throwIfAborted()
  }
}

/** Ends early when the network is back, unless the server named the time. */
function pause(attempts: number, askedMs: number | undefined, leaving: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watching = new AbortController()
    const { signal } = watching
    const timer = setTimeout(end, backoff(attempts, Math.random, askedMs))
    leaving.addEventListener('abort', end, { signal })
    if (!askedMs) globalThis.window?.addEventListener('online', end, { signal })

    function end(): void {
      clearTimeout(timer)
      watching.abort()
      resolve()
    }
  })
}
