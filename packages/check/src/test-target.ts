import type { Target } from './target.ts'
import type { OrderServer } from './test-order-server.ts'

/** All that a check can be told about the order server. */
export function orderTarget({ url, storage, kill, start }: OrderServer): Target {
  return {
    url,
    method: 'POST',
    headers: [['Content-Type', 'application/json']],
    body: '{"item":"tea","note":"{{unique}}"}',
    keyIn: { in: 'header', name: 'Idempotency-Key' },
    profile: 'idem',
    count: async () => storage.orders.length,
    badBody: '{"item":7}',
    otherPath: '/drafts',
    otherMethod: 'PUT',
    otherUser: [
      ['Content-Type', 'application/json'],
      ['X-User', 'bob'],
    ],
    kill,
    start,
    rate: 1_000,
  }
}
