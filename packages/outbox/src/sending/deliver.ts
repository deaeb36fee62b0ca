import {
  type Advice,
  type Advised,
  type Entry,
  isSame,
  type Outcome,
  type StoredStatus,
  type Trouble,
} from '../entry.ts'
import type { Platform } from '../platform.ts'
import type { Store } from '../storage/store.ts'
import type { Cancelled, Outgoing, Transport } from '../transport.ts'
import { backoff } from './backoff.ts'
import { holdLock } from './hold-lock.ts'

export type Delivery = {
  /** Under which the tabs of one site agree who sends. */
  readonly name: string
  readonly transport: Transport
  readonly store: Store
  readonly platform: Platform
  isDue(entry: Entry): boolean
  /** Puts what is unknown before a person, if the server was restored; rejects when it cannot be asked. */
  checkEpoch(signal: AbortSignal): Promise<void>
  /** The entry as it is sent. What it returns is called when the attempt is over. */
  onSending(entry: Entry): () => void
}

/** A second more than the client's own 12 s, and less than others wait for the lock. */
const attemptMs = 13_000
/** A server that asks for more patience is asked again after an hour: it may have erred, and the clock too. */
const longestWaitMs = 3_600_000

/**
 * One attempt for the earliest entry of an ordering key. The lock is held only
 * while it lasts; which entry that is, and whether it is still due, is read
 * inside, because another tab may have been here since this one looked.
 */
export async function deliver(orderingKey: string, delivery: Delivery): Promise<void> {
  const { name, platform, store, isDue } = delivery
  await holdLock(`${name}/${orderingKey}`, platform, async () => {
    const begun = await store.begin(orderingKey, isDue, (head, predecessor) =>
      frozen(head, predecessor, delivery),
    )
    if (begun?.body === undefined) return
    const landed = delivery.onSending(begun)
    try {
      await record(begun, await attempt(begun, begun.body, delivery), delivery)
    } finally {
      landed()
    }
  })
}

/** What is sent is fixed here, on disk, before the first byte leaves. A repetition reads it back. */
function frozen(
  head: Entry,
  predecessor: Outcome | undefined,
  { transport, platform }: Delivery,
): Entry {
  const attempts = head.attempts + 1
  try {
    const made = transport.freeze?.(head.intent, predecessor?.answer) ?? {
      state: 'frozen',
      body: head.intent,
    }
    return made.state === 'frozen'
      ? { ...head, attempts, body: JSON.stringify(made.body) }
      : { ...head, status: asked(made.refusal) }
  } catch (error) {
    return { ...head, attempts, status: waiting(attempts, noAnswer(error), platform) }
  }
}

type Landed =
  | Cancelled
  | { readonly state: 'refused'; readonly refusal: Advised }
  | { readonly state: 'no_answer'; readonly message: string }
  /** Not sent: the server was restored or a person discarded it, so it is another matter now. */
  | { readonly state: 'left' }

async function attempt(entry: Entry, body: string, delivery: Delivery): Promise<Landed> {
  const ending = new AbortController()
  const tooLong = Promise.withResolvers<never>()
  const calm = delivery.platform.later(attemptMs, () => {
    tooLong.reject(new Error('No answer within 13 s.'))
    ending.abort()
  })
  try {
    return await Promise.race([send(entry, body, ending.signal, delivery), tooLong.promise])
  } catch (error) {
    const refusal = delivery.transport.refusalOf?.(error)
    if (refusal !== undefined && isAdvice(refusal.retry)) return { state: 'refused', refusal }
    // Aborted, timed out, cut off, unreadable: the effect may be there. Never a failure, whatever its name.
    return { state: 'no_answer', message: noAnswer(error).message }
  } finally {
    calm()
  }
}

async function send(
  entry: Entry,
  body: string,
  signal: AbortSignal,
  { transport, store, checkEpoch }: Delivery,
): Promise<Landed> {
  const outgoing = outgoingOf(entry, body)
  if (entry.isDiscarding) {
    if (transport.cancel === undefined) throw new Error('This page cannot cancel what was sent.')
    return readable(await transport.cancel(outgoing, signal))
  }
  if (entry.attempts > 1) {
    await checkEpoch(signal)
    if (!(await store.isStill(entry))) return { state: 'left' }
  }
  return readable({ state: 'answered', answer: await transport.send(outgoing, signal) })

  /** An answer this release cannot read is none: it must not end the intent. */
  function readable(landed: Cancelled): Landed {
    const isReadable =
      landed.state === 'cancelled' || (transport.acceptsAnswer?.(landed.answer) ?? true)
    if (isReadable) return landed
    throw new Error('The answer cannot be read by this page.')
  }
}

function outgoingOf({ key, intent, attempts, account }: Entry, body: string): Outgoing {
  return { key, intent, body, attempts, account }
}

function record(entry: Entry, landed: Landed, delivery: Delivery): Promise<void> | undefined {
  const { store, platform } = delivery
  const { id, attempts } = entry
  switch (landed.state) {
    case 'answered':
      return store.settle(id, { attempts, answer: landed.answer, settledAt: platform.now() })
    case 'cancelled':
      return store.cancelled(id)
    case 'no_answer':
      return wait(entry, { kind: 'no_answer', message: landed.message }, delivery)
    case 'refused':
      return refused(entry, landed.refusal, delivery)
    case 'left':
      return undefined
  }
}

function refused(entry: Entry, refusal: Advised, delivery: Delivery): Promise<void> {
  switch (refusal.retry) {
    case 'same_key':
      return wait(entry, { kind: 'refused', refusal }, delivery)
    case 'new_key':
      return remint(entry, refusal, delivery)
    case 'never':
    case 'ask_person':
      return changeIfSame(entry, delivery, { status: asked(refusal) })
  }
}

function wait(entry: Entry, lastError: Trouble, delivery: Delivery): Promise<void> {
  const status = waiting(entry.attempts, lastError, delivery.platform)
  return changeIfSame(entry, delivery, { status })
}

async function remint(entry: Entry, refusal: Advised, delivery: Delivery): Promise<void> {
  const later = () => wait(entry, { kind: 'refused', refusal }, delivery)
  // A key from the future cannot be cancelled yet, and another would cancel nothing.
  if (entry.isDiscarding) return later()
  const { body = '', reminted } = entry
  const ask = () => changeIfSame(entry, delivery, { status: asked(refusal) })
  if (reminted || delivery.transport.remint === undefined) return ask()
  let key: string | undefined
  try {
    key = await delivery.transport.remint(outgoingOf(entry, body), refusal)
  } catch {
    return later()
  }
  if (key === undefined) return ask()
  const lastError = { kind: 'refused', refusal } as const
  return changeIfSame(entry, delivery, {
    key,
    reminted: true,
    lastError,
    status: { state: 'queued' },
  })
}

/**
 * Without a lock two tabs may have the same refusal of one key. Only the first
 * may replace that key; the second, coming with news of the old one, is late.
 * So is news of a sending after a person discarded the entry.
 */
function changeIfSame(
  then: Entry,
  { store }: Delivery,
  change: Partial<Pick<Entry, 'key' | 'reminted' | 'lastError' | 'status'>>,
): Promise<void> {
  return store.change(then.id, (now) =>
    isSame(now, then) ? { ...now, attempts: then.attempts, ...change } : undefined,
  )
}

function asked(refusal: Advised): StoredStatus {
  return { state: 'needs_person', question: { kind: 'refused', refusal } }
}

function waiting(attempts: number, lastError: Trouble, { now, random }: Platform): StoredStatus {
  const askedMs = lastError.kind === 'refused' ? (lastError.refusal.retryAfterMs ?? 0) : 0
  const waitMs = Math.min(longestWaitMs, backoff(attempts, random, askedMs))
  return { state: 'waiting', waitMs, retryAt: now() + waitMs, named: askedMs > 0, lastError }
}

function noAnswer(error: unknown): Trouble & { kind: 'no_answer' } {
  return { kind: 'no_answer', message: error instanceof Error ? error.message : String(error) }
}

function isAdvice(retry: string): retry is Advice {
  return ['same_key', 'new_key', 'never', 'ask_person'].includes(retry)
}
