import { unavailable } from '@idem/operations/to-refusal'

/** Longer than every time-out below it, shorter than the client's own 12 s, so that the caller gets an answer. */
const mostCallMs = 10_000

const late = Symbol('late')

/**
 * What the call gives, or a refusal once the time is up; the call itself goes on and its end is
 * ignored. The timer only resolves a promise: what throws inside a timer ends the process, and
 * what a caller hands in here may throw.
 */
export async function withDeadline<T>(
  call: () => Promise<T>,
  { isRepeatable }: { readonly isRepeatable: boolean },
): Promise<T> {
  const deadline = Promise.withResolvers<typeof late>()
  const timer = setTimeout(deadline.resolve, mostCallMs, late)
  try {
    const ended = await Promise.race([call(), deadline.promise])
    if (ended === late) throw unavailable(isRepeatable)
    return ended
  } finally {
    clearTimeout(timer)
  }
}
