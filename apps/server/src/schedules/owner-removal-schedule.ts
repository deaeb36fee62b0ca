import {
  type RemovalOfOwnersSettings,
  removeDeletedOwners,
} from '@idem/operations/remove-deleted-owners'
import type { Logger } from 'pino'
import { runPeriodically } from './run-periodically.ts'

export type OwnerRemovalSettings = Pick<RemovalOfOwnersSettings, 'query'> & { readonly log: Logger }

const everyMinute = '* * * * *'

/** Removes the todos and keys of deleted accounts. The returned function stops it after the current batch. */
export function scheduleOwnerRemoval({ query, log }: OwnerRemovalSettings): () => Promise<void> {
  return runPeriodically(everyMinute, async (signal) => {
    try {
      const removed = await removeDeletedOwners({ query, signal })
      log[removed > 0 ? 'info' : 'debug']({ removed }, 'rows of deleted accounts removed')
    } catch (error) {
      // The next run continues.
      log.warn({ err: error }, 'removing rows of deleted accounts failed')
    }
  })
}
