import type { IncomingMessage } from 'node:http'
import { IdempotencyError } from '@idem/idempotency'
import type { Caller } from '@idem/operations/call'
import { type Context, type ContextOf, originOf } from './call.ts'
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
   * Takes room for a request. Returns a function that gives it back.
   *
   * @throws IdempotencyError `unavailable`: the server is full, or the caller has its share of it
   */
  readonly enter: (request: Entered) => () => void
  readonly inProgress: (kind: RequestClass) => number
  /** Whether calls of this caller are in progress. */
  readonly isServed: (kind: RequestClass, caller: string) => boolean
  /** How many requests were refused so far. */
  readonly refused: (kind: RequestClass) => number
}

type Entered = RequestCost & {
  readonly caller: string
  /** `complete` once the body has arrived. */
  readonly body: Pick<IncomingMessage, 'complete'>
}

/**
 * Takes room for a request of the caller before its body is read; call the returned function when
 * the request has been answered.
 *
 * @throws IdempotencyError `unavailable`
 */
export type Admit = (request: IncomingMessage, caller: Caller) => Leave | Promise<never>
type Leave = () => void

/** The shortest wait that a refusal asks for. */
const refusedAfterMs = 1_000

/**
 * A caller that has its share is refused a second later: one that ignores the refusal and sends again at once
 * would take the time of the processor from all others. Until then its connection sends nothing else.
 */
export function admitBy({ enter, isServed }: Pick<Admission, 'enter' | 'isServed'>): Admit {
  return function admit(request, identity) {
    const cost = requestCost(request)
    if (cost === undefined) return () => {}
    const caller = originOf(identity, request) ?? ''
    try {
      return enter({ ...cost, caller, body: request })
    } catch (error) {
      if (!isServed(cost.kind, caller)) throw error
      return new Promise((_, reject) => setTimeout(reject, refusedAfterMs, error))
    }
  }
}

type Arrived = {
  readonly request: IncomingMessage
  readonly contextOf: ContextOf
  /** Without it, every request is admitted. */
  readonly admit: Admit | undefined
}

/** Finds the caller of the request, once, and runs it; or answers that it is refused or that there is no room. */
export async function admitted(
  { request, contextOf, admit }: Arrived,
  handle: {
    readonly run: (context: Context) => Promise<void>
    readonly refuse: (error: unknown) => void
  },
): Promise<void> {
  let context: Context
  let leave: (() => void) | undefined
  try {
    context = await contextOf(request)
    const entered = admit?.(request, context.caller)
    // An admitted request costs no turn of the event loop.
    leave = entered instanceof Promise ? await entered : entered
  } catch (error) {
    // A body that was sent is discarded, so the connection may be kept.
    request.resume()
    await new Promise(setImmediate)
    return handle.refuse(error)
  }
  try {
    await handle.run(context)
  } finally {
    leave?.()
  }
}

/**
 * Admission control: beyond its limits the server refuses at once. Refusing
 * late costs as much as the work, and a queue that grows answers only clients
 * that have left. While a class is more than half full, no caller gets more than
 * its share of it, so one that floods the server is refused before the others.
 * Callers that hold nothing find a reserve beyond the limit, and one that is refused
 * all the same has a share when it comes back: otherwise a caller that was alone, and
 * has all the room, would take it again as soon as it gives it back.
 * A request whose body has not come for a second gives its room back when another
 * one needs it: it does no work, and bodies that never come keep nobody out.
 */
export function createAdmission(limits = admissionLimits): Admission {
  const classes = { write: createCounts(), read: createCounts(), search: createCounts() }
  const refused = { write: 0, read: 0, search: 0 }

  return {
    enter({ kind, caller, body, calls: asked }) {
      const limit = limits[kind]
      const counts = classes[kind]
      const share = Math.max(1, Math.floor(limit / counts.callers(caller)))
      // A batch of more calls than its caller's share takes the share, or it would never be admitted.
      const calls = Math.min(asked, share)
      const fits = () => hasRoom(counts, { caller, calls, limit, share })
      if (!fits() && !(counts.dropSlow() && fits())) {
        refused[kind] += 1
        counts.expect(caller)
        throw overloaded()
      }
      return counts.add({ caller, calls, body })
    },
    inProgress: (kind) => classes[kind].total(),
    isServed: (kind, caller) => classes[kind].of(caller) > 0,
    refused: (kind) => refused[kind],
  }
}

type Place = Pick<Entered, 'caller' | 'calls'> & { readonly limit: number; readonly share: number }

function hasRoom(counts: Counts, { caller, calls, limit, share }: Place): boolean {
  const own = counts.of(caller)
  const total = counts.total() + calls
  if (own === 0) return total <= limit + Math.ceil(limit * reserve)
  return total <= limit / 2 || (total <= limit && own + calls <= share)
}

/** A few callers at once, while it is still a small part of the work. */
const reserve = 1 / 8

type Counts = ReturnType<typeof createCounts>

/** A body comes with its head, or a round trip later. */
const slowBodyMs = 1_000
/** A refused caller comes back within three seconds, and its request may take a while to arrive. */
const expectedMs = 5_000

/**
 * A request in progress. Its body is dropped when it leaves: a Set that grows or shrinks leaves a table
 * behind, with the entries of that moment, and V8 does not free it before the next full collection.
 */
type Entry = Pick<Entered, 'caller' | 'calls'> & {
  readonly enteredAt: number
  body: Entered['body'] | undefined
}

/** Calls in progress, by caller. */
function createCounts() {
  /** In the order of their times. */
  const entries = new Set<Entry>()
  const byCaller = new Map<string, number>()
  /** Until when callers that hold nothing and were refused are expected, in the order of these times. */
  const expected = new Map<string, number>()
  let total = 0

  function count({ caller, calls }: Entry, sign: 1 | -1): void {
    total += sign * calls
    const left = (byCaller.get(caller) ?? 0) + sign * calls
    if (left === 0) byCaller.delete(caller)
    else byCaller.set(caller, left)
  }

  function forgetLate(): void {
    const now = performance.now()
    for (const [caller, until] of expected) {
      if (until > now) break
      expected.delete(caller)
    }
  }

  function remove(entry: Entry): void {
    entry.body = undefined
    if (entries.delete(entry)) count(entry, -1)
  }

  return {
    total: () => total,
    of: (caller: string) => byCaller.get(caller) ?? 0,
    /** How many share the room, with this one. */
    callers(caller: string): number {
      if (expected.size > 0) forgetLate()
      const isNew = !byCaller.has(caller) && !expected.has(caller)
      return byCaller.size + expected.size + (isNew ? 1 : 0)
    },
    expect(caller: string): void {
      if (byCaller.has(caller)) return
      expected.delete(caller)
      expected.set(caller, performance.now() + expectedMs)
    },
    /** Returns a function that removes it, and does nothing for one that gave its room back. */
    add({ caller, calls, body }: Omit<Entered, 'kind'>): () => void {
      const entry = { caller, calls, body, enteredAt: performance.now() }
      entries.add(entry)
      expected.delete(caller)
      count(entry, 1)
      return () => remove(entry)
    },
    /** Whether there was any. */
    dropSlow(): boolean {
      const before = total
      const latest = performance.now() - slowBodyMs
      for (const entry of entries) {
        if (entry.enteredAt > latest) break
        if (entry.body?.complete === false) remove(entry)
      }
      return total < before
    },
  }
}

/** Spread over two seconds, so that requests refused together do not come back together. */
const retryAfterMs = { least: 1_000, spread: 2_000 }

/** Nothing of it began, so the same key, or a call without one, may be sent again. */
function overloaded(): IdempotencyError {
  const { least, spread } = retryAfterMs
  return new IdempotencyError('unavailable', {
    began: false,
    retryAfterMs: Math.round(least + Math.random() * spread),
  })
}
