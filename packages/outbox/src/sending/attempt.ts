import { type Entry, type FailureKind, isSame, type Refusal } from '../entry.ts'
import { mintKey } from '../mint-key.ts'
import type { Platform } from '../platform.ts'
import { refusalOf } from '../repeat/refusal-of.ts'
import type { ServerClock } from '../server-clock.ts'
import type { Next, Step } from '../storage/step.ts'
import type { Store } from '../storage/store.ts'
import type { Transport } from '../transport.ts'
import { asking, noAnswer, waiting } from './next-status.ts'

export type Attempts = {
  readonly transport: Transport
  readonly store: Pick<Store, 'isStill'>
  readonly platform: Platform
  readonly clock: ServerClock
  /** If the server was restored, unknown entries need a person afterwards. Rejects if it cannot be reached. */
  checkEpoch(signal: AbortSignal): Promise<void>
  /** Called when the server has answered or refused an attempt. */
  onAnswer(): void
}

/** An entry with its frozen body: what the transport gets, and more. */
type SentEntry = Entry & { readonly body: string }

/** A second more than the client's own 12 s, and less than others wait for the lock. */
const attemptMs = 13_000

/** Makes one attempt at sending or cancelling an entry. Resolves with the step that follows, if any. */
export async function attempt(entry: SentEntry, attempts: Attempts): Promise<Step | undefined> {
  const { transport, clock, onAnswer } = attempts
  try {
    const step = await inTime(attempts, (signal) =>
      transmit(entry, signal, attempts).catch(throwError),
    )
    onAnswer()
    return step
  } catch (error) {
    const refusal = transport.refusalOf
      ? transport.refusalOf(error, entry)
      : refusalOf(error, entry)
    clock.learn(refusal?.serverTime)
    if (refusal) onAnswer()
    const step = refusal && (await refused(entry, refusal, attempts))
    // Aborted, timed out, disconnected, unreadable: it may have taken effect. Never a failure, under any error name.
    return step ?? wait(entry, noAnswer(error), attempts)
  }
}

/** A response is read within the time of the attempt. A body that is not JSON refuses by its status. */
async function throwError(thrown: unknown): Promise<never> {
  if (!(thrown instanceof Response)) throw thrown
  const { status } = thrown
  const body: object = await thrown.json().catch(() => undefined)
  throw Object.assign(new Error(`Status ${status}`), body, { status })
}

async function transmit(
  entry: SentEntry,
  signal: AbortSignal,
  { transport, store, platform, checkEpoch }: Attempts,
): Promise<Step | undefined> {
  if (entry.isDiscarding) {
    if (transport.cancel === undefined) throw new Error('This cannot be cancelled.')
    const cancelled = await transport.cancel(entry, signal)
    return cancelled.state === 'answered' ? answered(cancelled.answer) : withoutEffect
  }
  if (entry.attempts > 1) {
    await checkEpoch(signal)
    // The server was restored, or a person discarded it: then it is not sent.
    if (!(await store.isStill(entry))) return undefined
  }
  return answered(await transport.send(entry, signal))

  /** An answer that this release cannot read must not end the intent. */
  function answered(answer: unknown): Step {
    const isReadable = transport.acceptsAnswer?.(answer) ?? true
    if (!isReadable) throw new Error('This cannot be read.')
    const end = { answer, settledAt: platform.now() }
    return (now) => ({ ...now, attempts: entry.attempts, end })
  }
}

function withoutEffect(now: Entry): Next | undefined {
  return now.isDiscarding ? { ...now, isUnknown: false, end: 'no answer' } : undefined
}

/** Undefined for advice that this release does not know. */
function refused(
  entry: SentEntry,
  refusal: Refusal,
  attempts: Attempts,
): Step | Promise<Step> | undefined {
  switch (refusal.retry) {
    case 'same_key':
      return wait(entry, { kind: 'refused', refusal }, attempts)
    case 'new_key':
      return remint(entry, refusal, attempts)
    case 'ask_person':
      return revise(entry, refusal, attempts) ?? ask(entry, refusal)
    case 'never':
      return ask(entry, refusal)
  }
}

async function remint(entry: SentEntry, refusal: Refusal, attempts: Attempts): Promise<Step> {
  const { transport, clock } = attempts
  const lastError = { kind: 'refused', refusal } as const
  // A key more than a day ahead cannot be cancelled yet, and cancelling another key has no use.
  if (entry.isDiscarding) return wait(entry, lastError, attempts)
  if (entry.reminted) return ask(entry, refusal)
  try {
    // Without a limit a key that never comes would keep its place among the four that are sent at once.
    const key = await inTime(attempts, async (signal) => {
      if (transport.remint) return transport.remint(entry, refusal, signal)
      // It is refused for all attempts, and had no effect in any: the device's clock is ahead.
      return refusal.code === 'key_from_future' ? mintKey(clock.now()) : undefined
    })
    if (key === undefined) return ask(entry, refusal)
    return ifSame(entry, { key, reminted: true, lastError, status: { state: 'queued' } })
  } catch {
    return wait(entry, lastError, attempts)
  }
}

/** Two pages that revise each other's changes without end must not keep the server busy. */
const mostRevisions = 5

function revise(
  entry: SentEntry,
  refusal: Refusal,
  { transport, platform }: Attempts,
): Step | undefined {
  const { isDiscarding, revisions = 0 } = entry
  if (isDiscarding || revisions === mostRevisions) return undefined
  const revision = transport.revise?.(entry, refusal)
  if (!revision) return undefined
  if ('answer' in revision) {
    return ifSame(entry, { end: { answer: revision.answer, settledAt: platform.now() } })
  }
  const { key, body } = revision
  const revised = { key, body: JSON.stringify(body), revisions: revisions + 1 }
  // The old key has no effect, and the new one was not sent yet.
  return ifSame(entry, { ...revised, isUnknown: false, status: { state: 'queued' } })
}

function wait(entry: Entry, lastError: FailureKind, { platform }: Attempts): Step {
  return ifSame(entry, { isUnknown: true, ...waiting(entry.attempts, lastError, platform) })
}

function ask(entry: Entry, refusal: Refusal): Step {
  // An expired key, or whatever refused without a code, proves nothing about earlier attempts.
  const isProof = refusal.retry === 'never' && refusal.code
  return ifSame(entry, { isUnknown: entry.isUnknown && !isProof, ...asking(refusal) })
}

/**
 * Without a lock two tabs may get the same refusal of one key. Only the first may
 * replace the key; the result of the second is about the old key, and is ignored. So is
 * the result of an attempt that began before a person discarded the entry.
 */
function ifSame(then: Entry, change: Partial<Next>): Step {
  const { attempts, isUnknown } = then
  return (now) => (isSame(now, then) ? { ...now, attempts, isUnknown, ...change } : undefined)
}

function inTime<T>({ platform }: Attempts, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController()
  return new Promise((resolve, reject) => {
    const cancelTimer = platform.later(attemptMs, () => {
      reject(new Error('No answer.'))
      ending.abort()
    })
    work(ending.signal).finally(cancelTimer).then(resolve, reject)
  })
}
