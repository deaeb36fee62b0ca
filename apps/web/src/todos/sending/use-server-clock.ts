import { useEffect } from 'react'
import { startPoll } from '../../sync/poll.ts'
import { retryAfter } from '../../sync/retry-after.ts'
import type { Todos } from './create-todos.ts'

const learntMs = 600_000
const unknownMs = 10_000

/**
 * Keys contain their minting time, so the page needs the server's time, at the start and periodically.
 * The same answer shows whether the server was restored from a backup, which must be known before
 * unknown entries are repeated.
 */
export function useServerClock({ policy, outbox }: Pick<Todos, 'policy' | 'outbox'>): void {
  useEffect(() => {
    const poll = startPoll(async (signal) => {
      try {
        const { ledgerEpoch } = await policy.read(signal)
        await outbox.learnEpoch(ledgerEpoch)
        return learntMs
      } catch (error) {
        return retryAfter(error) ?? unknownMs
      }
    })
    return poll.stop
  }, [policy, outbox])
}
