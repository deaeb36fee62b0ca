import type { Tables } from './storage.ts'

const endedNote = 'outbox ended'
/** More than a tab can have missed while it was writing, or while the storage was cleared. */
const mostEnded = 200

/** The ids of the entries that ended last: so one that ended is known from one that was lost. */
export async function hasEnded(tables: Tables, id: string): Promise<boolean> {
  return (await endedIn(tables)).includes(id)
}

export async function noteEnd(tables: Tables, id: string): Promise<void> {
  await tables.putNote(endedNote, [...(await endedIn(tables)), id].slice(-mostEnded))
}

async function endedIn(tables: Tables): Promise<readonly unknown[]> {
  const ended = await tables.note(endedNote)
  return Array.isArray(ended) ? ended : []
}
