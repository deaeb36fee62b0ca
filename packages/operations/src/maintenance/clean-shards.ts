import { setTimeout as pause } from 'node:timers/promises'
import { type Part, partsOf } from '@idem/database/parts'
import { type OldRows, removeOld } from '@idem/idempotency/server'

export type ShardCleaningSettings = {
  /** Runs one statement outside a transaction. */
  readonly query: Part['query']
  readonly retentionHours: number
  readonly signal: AbortSignal
  readonly onBatch: (removed: number) => void
  /** From writing down to removal. Default: a minute. */
  readonly waitMs?: number
}

/** A request ends within 10 s, and a node commits later than another by seconds at most. */
const longEnoughMs = 60_000

/**
 * Removes the keys past their retention from tables whose rows are on several nodes. The time of the youngest
 * is written down before, because no commit of theirs is one moment on all nodes: a node that has not seen it
 * a minute later keeps every key.
 */
export async function cleanKeysOfShards(settings: ShardCleaningSettings): Promise<void> {
  const { query, retentionHours, signal, waitMs = longEnoughMs } = settings
  const [found] = await query(findYoungest, [retentionHours])
  if (typeof found?.youngest !== 'string') return
  await query(writeDown, [found.youngest])
  await pause(waitMs, undefined, { signal }).catch(() => {})
  if (signal.aborted) return
  await mustBeKnown(query, found.youngest)
  await removeUpTo(found.youngest, settings)
}

const findYoungest = `
  select max(created_at)::text as youngest from idem.idempotency_record
  where created_at < statement_timestamp() - make_interval(hours => $1::int)`

const writeDown =
  'update idem.installation set forgotten_before = $1::timestamptz where forgotten_before < $1::timestamptz'

/** @throws a readable error when a node does not answer or has not committed it yet */
async function mustBeKnown(query: Part['query'], youngest: string): Promise<void> {
  const missing = await query(
    `select nodename || ':' || nodeport as node, result
     from run_command_on_all_nodes('select forgotten_before from idem.installation')
     join pg_dist_node using (nodeid)
     where not success or result::timestamptz is distinct from greatest(result::timestamptz, $1::timestamptz)`,
    [youngest],
  )
  if (missing.length === 0) return
  const nodes = missing.map(({ node, result }) => `${node} (${result})`)
  throw new Error(
    `Keys are kept until every node knows up to when they are forgotten, and ${nodes.join(', ')} does not; the next run tries again.`,
  )
}

async function removeUpTo(after: string, settings: ShardCleaningSettings): Promise<void> {
  const { signal, onBatch } = settings
  for (const { query, tables } of await partsOf(settings.query)) {
    const old: OldRows = {
      table: tables.idempotency_record,
      order: { created_at: 'timestamptz', owner_id: 'text', key: 'text' },
      kept: { after },
    }
    await removeOld(old, { query, signal, onBatch })
  }
}
