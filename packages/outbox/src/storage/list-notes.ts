import type { Tables } from './storage.ts'

/** A note that holds the last items of a list. */
export type ListNote = { readonly name: string; readonly most: number }

/** More ids than a tab can have missed while it was writing, or while the storage was cleared. */
const mostIds = 200

/** The ids of the entries that ended last: an entry that ended is not taken for one that was lost. */
export const ended: ListNote = { name: 'outbox ended', most: mostIds }
/** Those of them that ended without an effect: discarded ones, for whose answer nobody has to wait. */
export const discarded: ListNote = { name: 'outbox discarded', most: mostIds }
/** The operations answered last. */
export const settled: ListNote = { name: 'outbox settled', most: 50 }

/** Another release may have written it, so anything may be in it. */
export async function readList(tables: Tables, { name }: ListNote): Promise<readonly unknown[]> {
  const note = await tables.note(name)
  return Array.isArray(note) ? note : []
}

export async function append(
  tables: Tables,
  list: ListNote,
  ...items: readonly unknown[]
): Promise<void> {
  if (items.length === 0) return
  const all = [...(await readList(tables, list)), ...items]
  await tables.putNote(list.name, all.slice(-list.most))
}
