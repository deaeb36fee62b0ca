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

/** A refusal kept with its key. Another release may have stored it, with a code and members this one does not know. */
export const StoredRefusal = z.looseObject({ code: z.string(), retry: z.string() })
export type StoredRefusal = z.infer<typeof StoredRefusal>

/** Beyond the code, what the situation adds. `retry` only where a situation advises otherwise than its code. */
export type RefusalDetails = Partial<Omit<Refusal, 'code'>>

/** Thrown to decline a request; both APIs translate it by one table. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  readonly refusal: Refusal

  constructor(code: RefusalCode, details: RefusalDetails = {}, options: ErrorOptions = {}) {
    super(known[code].sentence, options)
    this.refusal = { code, retry: known[code].retry, ...details }
  }
}

/**
 * What each code advises and says. The sentence is the code's own, so that a
 * refusal told again is told in the same words.
 */
const known: Record<RefusalCode, { retry: RetryAdvice; sentence: string }> = {
  key_missing: {
    retry: 'never',
    sentence:
      'A key was expected: mint one per intent, a UUIDv7 is a good one, and send it with every attempt.',
  },
  key_malformed: {
    retry: 'never',
    sentence: 'A key is 1–255 visible ASCII characters without space, comma, quote or backslash.',
  },
  key_ambiguous: { retry: 'never', sentence: 'One key was expected, but several came.' },
  invalid_input: { retry: 'never', sentence: 'The input is not valid; `paths` names the members.' },
  unauthenticated: { retry: 'same_key', sentence: 'Sign in, then send the same key again.' },
  forbidden: { retry: 'same_key', sentence: 'You may not do this.' },
  too_many: { retry: 'same_key', sentence: 'Too many requests; send the same key again later.' },
  not_found: { retry: 'never', sentence: 'There is no todo with this id.' },
  in_flight: {
    retry: 'same_key',
    sentence: 'Another attempt with this key is still under way; send it again in a moment.',
  },
  cancelled: {
    retry: 'never',
    sentence: 'This key was cancelled, so its intent will never have an effect.',
  },
  version_conflict: {
    retry: 'ask_person',
    sentence: 'The todo stands at another version; read `current` before changing it.',
  },
  version_missing: {
    retry: 'never',
    sentence: 'Say which version you are changing: If-Match with the ETag you read.',
  },
  id_taken: {
    retry: 'never',
    sentence: 'This id was used already, for what `current` shows or for a todo deleted since.',
  },
  key_expired: {
    retry: 'new_key',
    sentence: 'This key was minted too long ago to be claimed; mint a new one.',
  },
  key_from_future: {
    retry: 'new_key',
    sentence: "This key was minted ahead of the server's clock; mint a new one by `serverTime`.",
  },
  key_reused: {
    retry: 'never',
    sentence: 'This key was used for another input or operation; a new intent needs a new key.',
  },
  too_large: { retry: 'never', sentence: 'The request is larger than is accepted.' },
  wrong_type: {
    retry: 'never',
    sentence: 'The body must be application/json in UTF-8, without a content coding.',
  },
  unavailable: { retry: 'same_key', sentence: 'The database could not be asked just now.' },
  no_such_route: { retry: 'never', sentence: 'There is nothing of this name.' },
  method_not_allowed: { retry: 'never', sentence: 'This cannot be called with this method.' },
  unexpected: {
    retry: 'same_key',
    sentence: 'Something went wrong here; `correlationId` finds it in the log.',
  },
}
