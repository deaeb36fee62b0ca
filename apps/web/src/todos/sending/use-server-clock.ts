import { useQuery } from '@tanstack/react-query'
import type { Todos } from './create-todos.ts'

/**
 * Keys contain their minting time, so the page needs the server's time, at the start and periodically.
 * The same answer shows whether the server was restored from a backup, which must be known before
 * unknown entries are repeated.
 */
export function useServerClock({ client, clock, outbox }: Todos): void {
  useQuery({
    queryKey: ['policy'],
    queryFn: async ({ signal }) => {
      const askedAt = Date.now()
      const policy = await client().policy.query(undefined, { signal })
      clock.learn(policy.serverTime, askedAt)
      await outbox.learnEpoch(policy.ledgerEpoch)
      return policy
    },
    staleTime: 600_000,
    refetchInterval: ({ state }) => (state.data === undefined ? 10_000 : 600_000),
  })
}
