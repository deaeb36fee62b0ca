import { Refusal, type RefusalCode } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { z } from 'zod'

/**
 * A received refusal. A newer server may send an unknown code; then the retry advice is enough.
 */
export type ReceivedRefusal = Omit<Refusal, 'code'> & {
  // Any string, with completion of the known codes.
  readonly code: RefusalCode | (string & {})
}

/**
 * Returns the refusal of the server, or undefined without one: then no answer was understood and
 * the attempt is unknown, not failed. Checks the shape of the error, not its class, so it also reads
 * errors of another copy of tRPC.
 */
export function refusalOf(error: unknown): ReceivedRefusal | undefined {
  const declined = Declined.safeParse(error)
  return declined.success ? declined.data.data.refusal : undefined
}

/**
 * Only the code and the advice must be readable. A member that a newer server writes differently is
 * dropped: its advice must still be followed, or an old page would repeat a refused intent for ever.
 */
const { shape } = Refusal
const Received = Refusal.extend({
  code: z.string(),
  current: Todo.loose().optional().catch(undefined),
  retryAfterMs: shape.retryAfterMs.catch(undefined),
  deleted: shape.deleted.catch(undefined),
  paths: shape.paths.catch(undefined),
  serverTime: shape.serverTime.catch(undefined),
  correlationId: shape.correlationId.catch(undefined),
})

const Declined = z.object({ data: z.object({ refusal: Received }) })
