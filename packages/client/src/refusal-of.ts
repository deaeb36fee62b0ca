import { Refusal } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { z } from 'zod'

/**
 * How the server declined, or undefined when it did not: then no answer was
 * understood and the attempt is unknown. Looks at the error's shape, not its
 * class, so errors of another copy of tRPC are read as well.
 */
export function refusalOf(error: unknown): Refusal | undefined {
  const declined = Declined.safeParse(error)
  return declined.success ? declined.data.data.refusal : undefined
}

const Declined = z.object({
  data: z.object({
    // A newer server may have given todos new members. Its advice must be heard
    // all the same, or an old page would repeat a refused intent for ever.
    refusal: Refusal.extend({ current: Todo.optional().catch(undefined) }),
  }),
})
