import { addInstallation } from './add-installation.ts'
import type { KeyPolicy } from './key-policy.ts'
import { type RemovalSettings, removeOld } from './remove-old.ts'

/**
 * Removes the records that are older than the retention, and returns how many. The same statement
 * stores the time of the youngest removed record, so a time-ordered key that was removed is never
 * claimed again, even if the retention is raised afterwards.
 */
export function cleanKeys({
  policy,
  ...settings
}: RemovalSettings & { readonly policy: KeyPolicy }): Promise<number> {
  const { record, installation } = policy.tables
  const old = {
    table: record,
    order: { created_at: 'timestamptz', owner_id: 'text', key: 'text' },
    kept: { unit: 'hours', count: policy.retentionHours },
    also: {
      with: `remembered as (
    update ${installation} set forgotten_before = youngest
    from (select max(at) as youngest from gone) as removed
    where forgotten_before < youngest
    returning 1
  )`,
      select: `exists (select 1 from ${installation}) as installed`,
    },
    async afterBatch({ installed }: Record<string, unknown>) {
      if (installed === false) await settings.query(addInstallation(policy), [])
    },
  } as const
  return removeOld(old, settings)
}
