import { Refusal, type RefusalCode } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { z } from 'zod'

/**
 * A refusal as it arrives. Its code may be one that only the next release of the
 * server knows: then the advice says all there is to know.
 */
export type ReceivedRefusal = Omit<Refusal, 'code'> & {
  // Any string, while an editor still offers those that are known.
  readonly code: RefusalCode | (string & {})
}

/**
 * How the server declined, or undefined when it did not: then no answer was
 * understood and the attempt is unknown, never failed. Looks at the error's
 * shape, not its class, so errors of another copy of tRPC are read as well.
 */
export function refusalOf(error: unknown): ReceivedRefusal | undefined {
  const declined = Declined.safeParse(error)
  return declined.success ? declined.data.data.refusal : undefined
}

/**
 * Only the code and the advice have to be readable. Of the rest, a member that a
 * newer server writes otherwise is left out: its advice must be followed all the
 * same, or an old page would repeat a refused intent for ever.
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
