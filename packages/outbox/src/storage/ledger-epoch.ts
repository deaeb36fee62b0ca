import { isKnown } from '../entry.ts'
import { entryIn, type Reader, rowOf } from './rows.ts'
import type { Tables } from './storage.ts'

const epochNote = 'outbox epoch'

/** The server's ledger epoch, as it was last received. */
export function readEpoch(tables: Tables): Promise<unknown> {
  return tables.note(epochNote)
}

/**
 * Another epoch than before: the server was restored from a backup, and may have
 * lost effects of keys that were sent before. Entries that are still unknown need a
 * person. An entry that is being cancelled does not: its cancellation finds out.
 */
export async function writeEpoch(tables: Tables, epoch: unknown, reader: Reader): Promise<void> {
  const before = await readEpoch(tables)
  if (before === epoch) return
  await tables.putNote(epochNote, epoch)
  if (before !== undefined) await askAboutUnknown(tables, reader)
}

async function askAboutUnknown(tables: Tables, reader: Reader): Promise<void> {
  const status = { state: 'needs_person', question: { kind: 'restored' } } as const
  const entries = (await tables.all('entries')).map((row) => entryIn(row, reader)).filter(isKnown)
  for (const entry of entries) {
    const isUnknown = entry.body && !entry.isDiscarding
    if (isUnknown && entry.status.state !== 'needs_person') {
      await tables.put('entries', rowOf({ ...entry, status }))
    }
  }
}
