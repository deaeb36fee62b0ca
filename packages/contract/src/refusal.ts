import { z } from 'zod'
import { Todo } from './todo.ts'

/** The closed list of refusal codes. Any other error is a bug and becomes `unexpected`. */
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
  'effect_escaped',
  'key_reused',
  'too_large',
  'wrong_type',
  'unavailable',
  'no_such_route',
  'method_not_allowed',
  'unexpected',
])
export type RefusalCode = z.infer<typeof RefusalCode>

/** The next step of a client, so that it need not guess from a message or a status. */
export const RetryAdvice = z.enum(['same_key', 'new_key', 'never', 'ask_person'])
export type RetryAdvice = z.infer<typeof RetryAdvice>

/** The member `data.refusal` of tRPC errors and the member `refusal` of problem documents. */
export const Refusal = z.object({
  code: RefusalCode,
  retry: RetryAdvice,
  retryAfterMs: z.number().optional(),
  /** The current todo, with `version_conflict` and `id_taken`. */
  current: Todo.optional(),
  /** With `id_taken`: the todo of this id was deleted and stays deleted. */
  deleted: z.literal(true).optional(),
  /** With `invalid_input`: the dotted paths of the members; the empty string is the whole input. */
  paths: z.array(z.string()).optional(),
  /** With `key_expired` and `key_from_future`: the database's clock, ISO 8601. */
  serverTime: z.iso.datetime().optional(),
  /** With `unexpected`: identifies the cause in the server's log. */
  correlationId: z.string().optional(),
})
export type Refusal = z.infer<typeof Refusal>

/** A stored refusal. Another release may have stored it, with an unknown code and unknown members. */
export const StoredRefusal = z.looseObject({ code: z.string(), retry: z.string() })
export type StoredRefusal = z.infer<typeof StoredRefusal>

/** The members besides the code. `retry` only where the advice differs from the default of the code. */
export type RefusalDetails = Partial<Omit<Refusal, 'code'>>

/** Thrown to refuse a request; both APIs map it with one table. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  readonly refusal: Refusal

  constructor(code: RefusalCode, details: RefusalDetails = {}, options: ErrorOptions = {}) {
    super(known[code].sentence, options)
    this.refusal = { code, retry: known[code].retry, ...details }
  }
}

/**
 * The advice and the message of each code. The message depends on the code alone, so a replayed
 * refusal has the same message as the first.
 */
const known: Record<RefusalCode, { retry: RetryAdvice; sentence: string }> = {
  key_missing: {
    retry: 'never',
    sentence:
      'An idempotency key is required: mint one per intent, preferably a UUIDv7, and send it with every attempt.',
  },
  key_malformed: {
    retry: 'never',
    sentence: 'A key is 1–255 visible ASCII characters without space, comma, quote or backslash.',
  },
  key_ambiguous: { retry: 'never', sentence: 'Expected one key, received several.' },
  invalid_input: { retry: 'never', sentence: 'Invalid input; `paths` lists the members.' },
  unauthenticated: { retry: 'same_key', sentence: 'Sign in, then send the same key again.' },
  forbidden: { retry: 'ask_person', sentence: 'This request is not allowed.' },
  too_many: { retry: 'same_key', sentence: 'Too many requests; send the same key again later.' },
  not_found: { retry: 'never', sentence: 'No todo has this id.' },
  in_flight: {
    retry: 'same_key',
    sentence: 'Another attempt with this key is in progress; send the same key again in a moment.',
  },
  cancelled: {
    retry: 'never',
    sentence: 'This key was cancelled, so its intent will never have an effect.',
  },
  version_conflict: {
    retry: 'ask_person',
    sentence: 'The todo has another version; read `current` before changing it.',
  },
  version_missing: {
    retry: 'never',
    sentence: 'If-Match is missing: send the ETag of the version to change.',
  },
  id_taken: {
    retry: 'never',
    sentence: 'This id is already used, by the todo in `current` or by a deleted one.',
  },
  key_expired: {
    retry: 'new_key',
    sentence: 'This key is too old to be claimed; mint a new one.',
  },
  key_from_future: {
    retry: 'new_key',
    sentence:
      "The time in this key is ahead of the server's clock; mint a new one with the time of `serverTime`.",
  },
  effect_escaped: {
    retry: 'ask_person',
    sentence:
      'The attempt lost the record of its key, so its effect may exist without an answer; check it before this is sent again.',
  },
  key_reused: {
    retry: 'never',
    sentence: 'This key was used with another input or operation; a new intent needs a new key.',
  },
  too_large: { retry: 'never', sentence: 'The request is too large.' },
  wrong_type: {
    retry: 'never',
    sentence: 'The body must be application/json in UTF-8, not compressed.',
  },
  unavailable: {
    retry: 'same_key',
    sentence: 'The server is at capacity, too slow, or cannot reach its database.',
  },
  no_such_route: { retry: 'never', sentence: 'No such route.' },
  method_not_allowed: { retry: 'never', sentence: 'This method is not allowed here.' },
  unexpected: {
    retry: 'same_key',
    sentence:
      'An unexpected error occurred; `correlationId` identifies it in the log of the server.',
  },
}
