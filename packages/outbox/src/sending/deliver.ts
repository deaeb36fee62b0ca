import type { Entry, Outcome } from '../entry.ts'
import type { Store } from '../storage/store.ts'
import { type Attempts, attempt } from './attempt.ts'
import { holdLock } from './hold-lock.ts'
import { asking, noAnswer, waiting } from './next-status.ts'

export type Delivery = Attempts & {
  /** Under which the tabs of one site agree who sends. */
  readonly name: string
  readonly store: Store
  isDue(entry: Entry): boolean
  /** The entry as it is sent. What it returns is called when the attempt is over. */
  onSending(entry: Entry): () => void
}

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
      const step = await attempt(begun, begun.body, delivery)
      if (step !== undefined) await store.change(begun.id, step)
    } finally {
      landed()
    }
  })
}

/** What is sent is fixed here, on disk, before the first byte leaves. A repetition reads it back. */
function frozen(head: Entry, predecessor: Outcome | undefined, attempts: Attempts): Entry {
  const { transport, platform } = attempts
  const begun = { ...head, attempts: head.attempts + 1 }
  try {
    const made = transport.freeze?.(head.intent, predecessor?.answer)
    if (made?.state === 'refused') return { ...head, status: asking(made.refusal) }
    return { ...begun, body: JSON.stringify(made ? made.body : head.intent) }
  } catch (error) {
    return { ...begun, status: waiting(begun.attempts, noAnswer(error), platform) }
  }
}
