import { useSyncExternalStore } from 'react'
import type { Refusal } from '../entry.ts'
import type { Outbox, Snapshot } from '../outbox.ts'
import { emptySnapshot } from '../snapshot/snapshot.ts'

/**
 * The snapshot of an outbox: pending entries, last answers, whether they are durable.
 * Renders again after every change. During server rendering it is empty and not `ready`.
 */
export function useOutbox<Intent, Answer, Refused extends Refusal>(
  outbox: Pick<Outbox<Intent, Answer, Refused>, 'subscribe' | 'getSnapshot'>,
): Snapshot<Intent, Answer, Refused> {
  return useSyncExternalStore(outbox.subscribe, outbox.getSnapshot, () => emptySnapshot)
}
