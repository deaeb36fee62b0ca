import type { TodoEntry, TodoOutbox } from '../todos/sending/intent.ts'

/** Discards an entry with those that wait behind it, last first, so that none of them is sent. */
export async function discardEntry(outbox: TodoOutbox, entry: TodoEntry): Promise<void> {
  const same = outbox
    .getSnapshot()
    .entries.filter(({ orderingKey }) => orderingKey === entry.orderingKey)
  const first = same.findIndex(({ id }) => id === entry.id)
  // Gone meanwhile: it was answered.
  if (first === -1) return
  for (const { id } of same.slice(first).toReversed()) await outbox.discard(id)
}
