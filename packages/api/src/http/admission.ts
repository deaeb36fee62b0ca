import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { type RequestClass, type RequestCost, requestCost } from './request-class.ts'

/** The most calls of each class that are in progress at once in this process. */
export type AdmissionLimits = Readonly<Record<RequestClass, number>>

/**
 * Each write takes a connection of the pool for milliseconds, or a place in a
 * batch of at most 128 of which two run at once, so more writes would only wait. A
 * read takes about as long; a search is a scan, and two of them leave cores and
 * connections to all other work.
 */
export const admissionLimits: AdmissionLimits = { write: 256, read: 64, search: 2 }

export type Admission = {
  /**
   * Takes room for a request. Returns a function that gives it back, to be called once.
   *
   * @throws RefusalError `unavailable`: the server is full, or the caller has its share of it
   */
  readonly enter: (request: RequestCost & { readonly caller: string }) => () => void
  readonly inProgress: (kind: RequestClass) => number
  /** How many requests were refused so far. */
  readonly refused: (kind: RequestClass) => number
}

/**
 * Takes room for a request before its body is read; call the returned function when
 * the request has been answered.
 *
 * @throws RefusalError `unavailable`
 */
export type Admit = (request: IncomingMessage) => () => void

/** The caller is the address of the client: without a sign-in nothing more is known before the body is read. */
export function admitBy({ enter }: Pick<Admission, 'enter'>): Admit {
  return function admit(request) {
    const cost = requestCost(request)
    if (cost === undefined) return () => {}
    return enter({ ...cost, caller: request.socket.remoteAddress ?? '' })
  }
}

/** Runs the request, or answers that there is no room for it. */
export async function admitted(
  { admit, request }: { readonly admit: Admit | undefined; readonly request: IncomingMessage },
  handle: { readonly run: () => Promise<void>; readonly refuse: (error: unknown) => void },
): Promise<void> {
  let leave: (() => void) | undefined
  try {
    leave = admit?.(request)
  } catch (error) {
    // A body that was sent is discarded, so the connection may be kept.
    request.resume()
    await new Promise(setImmediate)
    return handle.refuse(error)
  }
  try {
    await handle.run()
  } finally {
    leave?.()
  }
}

/**
 * Admission control: beyond its limits the server refuses at once. Refusing
 * late costs as much as the work, and a queue that grows answers only clients
 * that have left. While a class is more than half full, no caller gets more than
 * its share of it, so one that floods the server is refused before the others.
 */
export function createAdmission(limits = admissionLimits): Admission {
  const classes = { write: createCounts(), read: createCounts(), search: createCounts() }
  const refused = { write: 0, read: 0, search: 0 }

  return {
    enter({ kind, calls, caller }) {
      const counts = classes[kind]
      if (!hasRoom(counts, { limit: limits[kind], calls, caller })) {
        refused[kind] += 1
        throw overloaded()
      }
      counts.add(caller, calls)
      return () => counts.add(caller, -calls)
    },
    inProgress: (kind) => classes[kind].total(),
    refused: (kind) => refused[kind],
  }
}

type Counts = ReturnType<typeof createCounts>

/** Calls in progress, by caller. */
function createCounts() {
  const byCaller = new Map<string, number>()
  let total = 0

  return {
    total: () => total,
    callers: () => byCaller.size,
    of: (caller: string) => byCaller.get(caller) ?? 0,
    add(caller: string, calls: number): void {
      total += calls
      const left = (byCaller.get(caller) ?? 0) + calls
      if (left === 0) byCaller.delete(caller)
      else byCaller.set(caller, left)
    },
  }
}

function hasRoom(
  counts: Counts,
  { limit, calls, caller }: { limit: number; calls: number; caller: string },
): boolean {
  // A batch may have more calls than a class has room: alone it passes.
  if (counts.total() === 0) return true
  if (counts.total() + calls > limit) return false
  if (counts.total() + calls <= limit / 2) return true
  const own = counts.of(caller)
  const callers = counts.callers() + (own === 0 ? 1 : 0)
  return own + calls <= Math.max(1, Math.floor(limit / callers))
}

/** Spread over two seconds, so that requests refused together do not come back together. */
const retryAfterMs = { least: 1_000, spread: 2_000 }

/** Nothing of it began, so the same key, or a call without one, may be sent again. */
function overloaded(): RefusalError {
  const { least, spread } = retryAfterMs
  return new RefusalError('unavailable', {
    retry: 'same_key',
    retryAfterMs: Math.round(least + Math.random() * spread),
  })
}
