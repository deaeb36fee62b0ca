import type { Client } from '@idem/client/create-client'
import { createServerClock } from '@idem/outbox'
import { createPolicyReader } from './sending/read-policy.ts'
import { todoTransport } from './sending/todo-transport.ts'

/** Tests only: the transport of a page; without an id it takes every server for its own. */
export function testTransport(
  client: () => Client,
  { clock = createServerClock(), installationId = undefined as string | undefined } = {},
) {
  const policy = createPolicyReader({ client, clock, installationId })
  return { ...todoTransport({ client, clock, policy }), policy }
}
