import { randomUUID } from 'node:crypto'
import {
  type OwnRefusalCode,
  type Refusal,
  type RefusalCode,
  RefusalError,
} from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { codeIn, StoredRefusal } from '@idem/operations/stored-refusal'

/** A refusal as both APIs send it. */
export type Refused = {
  /** Undefined for a code of another release. */
  readonly code: RefusalCode | undefined
  /** A stored one may have members that this release does not know. */
  readonly refusal: Refusal
  /** JSON of `refusal`; a stored one is sent as it is stored, to the byte. */
  readonly text: string
  readonly message: string
  /** The HTTP status. For a stored refusal the one of the first response. */
  readonly status: number
  readonly replayed: boolean
  /** The error behind an unexpected one, which is never sent: it may contain anything. */
  readonly cause: unknown
}

/** The only place that reads an error: a refusal of this app or of the package idempotency, a stored one, or a bug. */
export function refusedBy(error: unknown): Refused {
  if (error instanceof StoredRefusal) return storedRefusal(error)
  if (error instanceof RefusalError) {
    return refused(error, { refusal: error.refusal, status: refusalStatus[error.refusal.code] })
  }
  if (error instanceof IdempotencyError) return keyRefusal(error)
  const correlationId = randomUUID()
  return refusedBy(new RefusalError('unexpected', { correlationId }, { cause: error }))
}

/** The refusal of a code without its details, for the documentation. */
export function refusedWith(code: RefusalCode): Refused {
  return refusedBy(isOwn(code) ? new RefusalError(code) : new IdempotencyError(code))
}

function refused(
  { message, cause }: Error,
  kind: Pick<Refused, 'refusal' | 'status'> & { readonly replayed?: boolean },
): Refused {
  const { refusal, status, replayed = false } = kind
  const text = JSON.stringify(refusal)
  return { code: refusal.code, refusal, text, message, status, replayed, cause }
}

function keyRefusal(error: IdempotencyError): Refused {
  const { code, retry, retryAfterMs, serverTime, status, replayed } = error
  const refusal: Refusal = {
    code,
    retry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // The time of this response, which is not stored.
    ...(serverTime === undefined ? {} : { serverTime: serverTime.toISOString() }),
  }
  return refused(error, { refusal, status, replayed })
}

function storedRefusal({ refusal, stored: { text, status, replayed } }: StoredRefusal): Refused {
  const code = codeIn(text)
  const known = code === undefined ? undefined : refusedWith(code)
  const isError = status !== undefined && status >= 400 && status <= 599
  return {
    code,
    refusal,
    text,
    message: known?.message ?? unknownCode,
    status: isError ? status : (known?.status ?? statusOfUnknown),
    replayed,
    cause: undefined,
  }
}

const unknownCode =
  'Another release of the server refused this; `refusal` contains the reason and the next step.'

/** Stored refusals depend on the state of a todo; most of them are conflicts. */
const statusOfUnknown = 409

/** The HTTP statuses of the refusals of this app. The package idempotency has those of its own. */
export const refusalStatus: Readonly<Record<OwnRefusalCode, number>> = {
  key_ambiguous: 400,
  invalid_input: 400,
  unauthenticated: 401,
  reauthentication_required: 403,
  forbidden: 403,
  other_account: 403,
  too_many: 429,
  not_found: 404,
  version_conflict: 412,
  version_missing: 428,
  id_taken: 409,
  too_large: 413,
  wrong_type: 415,
  no_such_route: 404,
  method_not_allowed: 405,
  unexpected: 500,
}

export function statusOf(code: RefusalCode): number {
  return isOwn(code) ? refusalStatus[code] : new IdempotencyError(code).status
}

function isOwn(code: RefusalCode): code is OwnRefusalCode {
  return code in refusalStatus
}

export type Reports = {
  /** Called with each unexpected error; the response contains only its correlation id. */
  readonly onUnexpected: (refused: Refused) => void
  /** Called with a refusal that no correct client gets: somebody may be trying out what is accepted. */
  readonly onProbe?: ((code: RefusalCode) => void) | undefined
}

const probes: ReadonlySet<unknown> = new Set<RefusalCode>([
  'invalid_input',
  'too_large',
  'wrong_type',
  'key_malformed',
  'key_ambiguous',
  'method_not_allowed',
])

export function report(refused: Refused, { onUnexpected, onProbe }: Reports): void {
  const { code } = refused
  if (code === 'unexpected') onUnexpected(refused)
  else if (code !== undefined && probes.has(code)) onProbe?.(code)
}

/** The headers of a response with these refusals: the longest wait, and the way to authenticate. */
export function refusalHeaders(refusals: readonly Refused[]): Record<string, string> {
  const waitMs = Math.max(0, ...refusals.map(({ refusal }) => refusal.retryAfterMs ?? 0))
  const isUnknown = refusals.some(({ status }) => status === 401)
  return {
    ...(waitMs === 0 ? {} : { 'retry-after': `${Math.ceil(waitMs / 1_000)}` }),
    ...(isUnknown ? { 'www-authenticate': 'Bearer' } : {}),
  }
}
