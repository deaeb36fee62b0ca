import { idempotencyLink } from '@idem/outbox/trpc'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import type { AppRouter } from './server/app-router.ts'

export const trpc = createTRPCClient<AppRouter>({
  links: [idempotencyLink(), httpBatchLink({ url: 'http://localhost:3000/api/trpc' })],
})
