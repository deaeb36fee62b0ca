import type { KeyPolicy } from './key-policy.ts'

/**
 * SQL: the row of the installation, where it is missing (`prisma db push` creates
 * only the table). Without it every time-ordered key is refused. Any number of
 * instances may add it at once.
 *
 * Records may have been removed before, so every key up to now counts as forgotten.
 * Ten minutes back, because a key is claimed only if it was minted five minutes
 * after that: keys of the last five minutes work at once, and with five minutes
 * back all existing keys would be refused.
 */
export function addInstallation({ tables }: KeyPolicy): string {
  return `
  insert into ${tables.installation} (id, ledger_epoch, forgotten_before)
  values (1, gen_random_uuid(), clock_timestamp() - interval '10 minutes')
  on conflict do nothing`
}
