import { useQuery } from '@tanstack/react-query'
import type { Todos } from './todos.ts'

/**
 * Keys say when they were minted, so the page needs the server's time: at first
 * sight, and now and then. The same answer says whether the server went back to
 * a backup, which must be known before anything unknown is sent again.
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
