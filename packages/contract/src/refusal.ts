import { z } from 'zod'
import { Todo } from './todo.ts'

/** Every way a request can be declined. The list is closed: what is not on it is a bug and becomes `unexpected`. */
export const RefusalCode = z.enum([
  'key_missing',
  'key_malformed',
  'key_ambiguous',
  'invalid_input',
  'unauthenticated',
  'forbidden',
  'too_many',
  'not_found',
  'in_flight',
  'cancelled',
  'version_conflict',
  'version_missing',
  'id_taken',
  'key_expired',
  'key_from_future',
  'key_reused',
  'too_large',
  'wrong_type',
  'unavailable',
  'no_such_route',
  'method_not_allowed',
  'unexpected',
])
export type RefusalCode = z.infer<typeof RefusalCode>

/** What a client should do next, so that it never has to guess from a message or a status. */
export const RetryAdvice = z.enum(['same_key', 'new_key', 'never', 'ask_person'])
export type RetryAdvice = z.infer<typeof RetryAdvice>

/** Travels as `data.refusal` in tRPC errors and as the member `refusal` of problem bodies. */
export const Refusal = z.object({
  code: RefusalCode,
  retry: RetryAdvice,
  retryAfterMs: z.number().optional(),
  /** The todo as it stands: with `version_conflict` and `id_taken`. */
  current: Todo.optional(),
  /** With `id_taken`: the todo of this id was deleted and stays so. */
  deleted: z.literal(true).optional(),
  /** With `invalid_input`: which members, dotted; the empty string is the input as a whole. */
  paths: z.array(z.string()).optional(),
  /** With the two clock refusals: the database's clock, ISO 8601. */
  serverTime: z.iso.datetime().optional(),
  /** With `unexpected`: finds the cause in the server's log. */
  correlationId: z.string().optional(),
})
export type Refusal = z.infer<typeof Refusal>

/** Thrown by whoever declines a request; both faces translate it by one table. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  readonly refusal: Refusal

  constructor(refusal: Refusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.refusal = refusal
  }
}
