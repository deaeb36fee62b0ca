import { backoff } from './backoff.ts'
import type { Advised, Entry, Outcome, Trouble } from './entry.ts'
import { entrySchema } from './entry.ts'
import { holdLock } from './hold-lock.ts'
import type { Platform } from './platform.ts'
import type { Store } from './store.ts'
import type { Outgoing, Sent, Transport } from './transport.ts'

export type Delivery = {
  /** Under which the tabs of one site agree who sends. */
  readonly name: string
  readonly transport: Transport
  readonly store: Store
  readonly platform: Platform
  isDue(entry: Entry): boolean
  onSending(id: string): () => void
}

/** A second more than the client's own 12 s, and less than others wait for the lock. */
const attemptMs = 13_000

/**
 * One attempt for the earliest entry of a orderingKey. The lock is held only while
 * it lasts; which entry that is, and whether it is still due, is read inside,
 * because another tab may have been here since this one looked.
 */
export async function deliver(orderingKey: string, delivery: Delivery): Promise<void> {
  await holdLock(`${delivery.name}/${orderingKey}`, delivery.platform, async () => {
    const entry = await delivery.store.begin(orderingKey, (head, predecessor) =>
      begun(head, predecessor, delivery),
    )
    if (entry?.body === undefined) return
    const { key, intent, body, attempts } = entry
    const landed = delivery.onSending(entry.id)
    try {
      await record(entry, await attempt({ key, intent, body, attempts }, delivery), delivery)
    } finally {
      landed()
    }
  })
}

/** What is sent is fixed here, on disk, before the first byte leaves. A repetition reads it back. */
function begun(
  head: Entry,
  predecessor: Outcome | undefined,
  { transport, isDue }: Delivery,
): Entry | undefined {
  if (head.schema !== entrySchema || !isDue(head)) return undefined
  const attempts = head.attempts + 1
  if (head.body !== undefined) return { ...head, attempts }
  const frozen = transport.freeze(head.intent, predecessor?.answer)
  return frozen.state === 'refused'
    ? { ...head, standing: { state: 'needs_person', refusal: frozen.refusal } }
    : { ...head, attempts, body: JSON.stringify(frozen.body) }
}

type Landed = Sent<unknown, Advised> | { readonly state: 'no_answer'; readonly message: string }

async function attempt(outgoing: Outgoing, delivery: Delivery): Promise<Landed> {
  const ending = new AbortController()
  const tooLong = Promise.withResolvers<never>()
  const calm = delivery.platform.later(attemptMs, () => {
    tooLong.reject(new Error('No answer within 13 s.'))
    ending.abort()
  })
  try {
    return await Promise.race([delivery.transport.send(outgoing, ending.signal), tooLong.promise])
  } catch (error) {
    // Aborted, timed out, cut off, unreadable: the effect may be there. Never a failure, whatever its name.
    return { state: 'no_answer', message: error instanceof Error ? error.message : String(error) }
  } finally {
    calm()
  }
}

function record(entry: Entry, landed: Landed, delivery: Delivery): Promise<void> {
  const { store, platform } = delivery
  switch (landed.state) {
    case 'answered': {
      const { id, orderingKey, intent } = entry
      const settledAt = platform.now()
      return store.settle(id, { orderingKey, intent, answer: landed.answer, settledAt })
    }
    case 'no_answer':
      return wait(entry, { kind: 'no_answer', message: landed.message }, delivery)
    case 'refused':
      return refused(entry, landed.refusal, delivery)
  }
}

async function refused(entry: Entry, refusal: Advised, delivery: Delivery): Promise<void> {
  switch (refusal.retry) {
    case 'same_key':
      return wait(entry, { kind: 'refused', refusal }, delivery)
    case 'new_key':
      return remint(entry, refusal, delivery)
    case 'never':
    case 'ask_person':
      return askPerson(entry, refusal, delivery)
  }
}

function wait(entry: Entry, lastError: Trouble, { store, platform }: Delivery): Promise<void> {
  const since = platform.now()
  const askedMs = lastError.kind === 'refused' ? (lastError.refusal.retryAfterMs ?? 0) : 0
  const retryAt = since + backoff(entry.attempts, platform.random, askedMs)
  const named = askedMs > 0
  return store.change(entry.id, (now) =>
    sameAttempt(now, entry)
      ? { ...now, standing: { state: 'waiting', since, retryAt, named, lastError } }
      : undefined,
  )
}

async function remint(entry: Entry, refusal: Advised, delivery: Delivery): Promise<void> {
  if (entry.reminted) return askPerson(entry, refusal, delivery)
  const { key, intent, body = '', attempts } = entry
  try {
    const minted = await delivery.transport.remint({ key, intent, body, attempts }, refusal)
    if (minted === undefined) return askPerson(entry, refusal, delivery)
    await delivery.store.change(entry.id, (now) =>
      sameAttempt(now, entry)
        ? { ...now, key: minted, reminted: true, standing: { state: 'queued' } }
        : undefined,
    )
  } catch {
    await wait(entry, { kind: 'refused', refusal }, delivery)
  }
}

function askPerson(entry: Entry, refusal: Advised, { store }: Delivery): Promise<void> {
  return store.change(entry.id, (now) =>
    sameAttempt(now, entry) ? { ...now, standing: { state: 'needs_person', refusal } } : undefined,
  )
}

/**
 * Without a lock two tabs may have the same refusal of one key. Only the first
 * may replace that key; the second, coming with news of the old one, is late.
 */
function sameAttempt(now: Entry, then: Entry): boolean {
  return now.key === then.key && now.standing.state !== 'needs_person'
}
