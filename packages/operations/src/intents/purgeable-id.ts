import { RefusalError } from '@idem/contract/refusal'
import { mintedAt } from '@idem/idempotency'
import type { Services } from './services.ts'

/** Whether the id is so old that a purged tombstone may have had it, so a reuse could not be detected. */
export function isPurgeable({ now, tombstoneRetentionDays }: Services, id: string): boolean {
  const minted = mintedAt(id)
  const retentionMs = tombstoneRetentionDays * 86_400_000
  return minted !== null && now().getTime() - minted.getTime() > retentionMs
}

export function refusePurgeable(): never {
  throw new RefusalError('invalid_input', { paths: ['id'] })
}
