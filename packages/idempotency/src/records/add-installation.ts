import type { KeyPolicy } from './key-policy.ts'
import { waitsAtMost } from './waits-at-most.ts'

/**
 * SQL: the row of the installation, where it is missing (`prisma db push` makes
 * the table only). Without it every time-ordered key is refused. Any number of
 * instances may add it at once.
 *
 * It is not known what was forgotten before, so everything up to here counts as
 * forgotten. Ten minutes back, because a key is claimed only if it was minted
 * five minutes after that: the keys of the last five minutes are good at once,
 * and with five minutes back all that exist would be refused.
 */
export function addInstallation({ tables, waitMs }: KeyPolicy): string {
  return `
  insert into ${tables.installation} (id, ledger_epoch, forgotten_before)
  select 1, gen_random_uuid(), clock_timestamp() - interval '10 minutes'
  where ${waitsAtMost(waitMs)}
  on conflict do nothing`
}
