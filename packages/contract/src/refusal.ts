import { z } from 'zod'
import { Todo } from './todo.ts'

/** The next step of a client, so that it need not guess from a message or a status. */
const RetryAdvice = z.enum(['same_key', 'new_key', 'never', 'ask_person'])

/**
 * Refusals by this app, with their advice and message. The message depends on the code alone, so a
 * replayed refusal has the same message as the first.
 */
const own = {
  key_ambiguous: { retry: 'never', sentence: 'Expected one key, received several.' },
  invalid_input: { retry: 'never', sentence: 'Invalid input; `paths` lists the members.' },
  unauthenticated: { retry: 'same_key', sentence: 'Sign in, then send the same key again.' },
  reauthentication_required: {
    retry: 'ask_person',
    sentence: 'Give the password of the account again, then send this again.',
  },
  forbidden: { retry: 'ask_person', sentence: 'This request is not allowed.' },
  other_account: {
    retry: 'same_key',
    sentence:
      'This request is of another account; sign in with that one, then send the same key again.',
  },
  too_many: { retry: 'same_key', sentence: 'Too many requests; send the same key again later.' },
  not_found: { retry: 'never', sentence: 'Nothing has this id.' },
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
  too_large: { retry: 'never', sentence: 'The request is too large.' },
  wrong_type: {
    retry: 'never',
    sentence: 'The body must be application/json in UTF-8, not compressed.',
  },
  no_such_route: { retry: 'never', sentence: 'No such route.' },
  method_not_allowed: { retry: 'never', sentence: 'This method is not allowed here.' },
  unexpected: {
    retry: 'same_key',
    sentence:
      'An unexpected error occurred; `correlationId` identifies it in the log of the server.',
  },
} as const satisfies Record<string, { retry: z.infer<typeof RetryAdvice>; sentence: string }>

/**
 * Refusals by the package idempotency, which has their advice and their message. This package imports no
 * other, so it repeats the names; `api/http/refused.ts` compiles only if they are the same.
 */
const keyCodes = [
  'key_missing',
  'key_malformed',
  'in_flight',
  'cancelled',
  'key_expired',
  'key_from_future',
  'effect_escaped',
  'key_reused',
  'unavailable',
] as const

export type OwnRefusalCode = keyof typeof own

/** The closed list of refusal codes. Any other error is a bug and becomes `unexpected`. */
export const RefusalCode = z.enum([
  ...keyCodes,
  // `Object.keys` returns plain strings.
  ...(Object.keys(own) as OwnRefusalCode[]),
])
export type RefusalCode = z.infer<typeof RefusalCode>

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

type Details = Partial<Omit<Refusal, 'code' | 'retry'>>

/** Thrown to refuse a request. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  readonly refusal: Refusal & { readonly code: OwnRefusalCode }

  constructor(code: OwnRefusalCode, details: Details = {}, options: ErrorOptions = {}) {
    super(own[code].sentence, options)
    this.refusal = { code, retry: own[code].retry, ...details }
  }
}
