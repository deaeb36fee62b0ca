import type { Entry, Outcome, Settled } from '../entry.ts'
import type { Store } from '../storage/store.ts'
import { type Attempts, attempt } from './attempt.ts'
import { holdLock } from './hold-lock.ts'
import { asking, noAnswer, waiting } from './next-status.ts'

export type Delivery = Attempts & {
  /** The name of the locks that the tabs of a site share. */
  readonly name: string
  readonly store: Store
  isDue(entry: Entry): boolean
  /** Called with the entry as it is sent. The returned function is called when the attempt is over. */
  onSending(entry: Entry): () => void
}

/**
 * Makes one attempt for the earliest entry of an ordering key. The lock is held only
 * during the attempt. The entry is read inside the lock, because another tab may have
 * sent or changed it in the meantime.
 */
export async function deliver(orderingKey: string, delivery: Delivery): Promise<void> {
  const { name, platform, store, isDue } = delivery
  await holdLock(`${name}/${orderingKey}`, platform, async () => {
    const begun = await store.begin(orderingKey, isDue, (...known) => frozen(delivery, ...known))
    if (begun?.body === undefined) return
    const landed = delivery.onSending({ ...begun, isUnknown: true })
    try {
      const step = await attempt({ ...begun, body: begun.body }, delivery)
      if (step) await store.change(begun.id, step)
    } finally {
      landed()
    }
  })
}

/** Fixes the bytes to send, on disk, before the first one leaves. Later attempts read them back. */
function frozen(
  { transport, platform }: Attempts,
  head: Entry,
  predecessor: Outcome | undefined,
  settled: readonly Settled[],
): Entry {
  const begun = { ...head, attempts: head.attempts + 1 }
  try {
    const made = transport.freeze?.(head.intent, predecessor?.answer, settled)
    if (made?.state === 'refused') return { ...head, ...asking(made.refusal) }
    // Without a body it would be written and read again without end, and never be sent.
    return { ...begun, body: JSON.stringify(made ? made.body : head.intent) ?? 'null' }
  } catch (error) {
    return { ...begun, ...waiting(begun.attempts, noAnswer(error), platform) }
  }
}
