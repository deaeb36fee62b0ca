import { unavailable } from '@idem/operations/to-refusal'

/** Longer than every time-out below it, shorter than the client's own 12 s, so the caller gets an answer. */
export const mostCallMs = 10_000

const late = Symbol('late')

/**
 * Resolves like the call, or rejects with a refusal after the deadline; the call continues and its result
 * is ignored. The timer only resolves a promise: an error thrown inside a timer ends the
 * process, and the call may throw.
 */
export async function withDeadline<T>(
  call: () => Promise<T>,
  { isRepeatable }: { readonly isRepeatable: boolean },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    // Not Promise.race, which takes half as long again.
    const ended = await new Promise<T | typeof late>((resolve, reject) => {
      timer = setTimeout(resolve, mostCallMs, late)
      call().then(resolve, reject)
    })
    if (ended === late) throw unavailable({ isRepeatable })
    return ended
  } finally {
    clearTimeout(timer)
  }
}
