import type { Idempotency } from '../create-idempotency.ts'
import { isRefusal } from '../idempotency-error.ts'
import type { IdempotentOptions } from './idempotent-options.ts'
import { problem } from './problem.ts'
import { encoded, type HandlerResponse, partsOf, type ResponseParts } from './response-parts.ts'

/** A request, as its framework gives it. */
export type HttpAttempt<Tx> = {
  readonly owner: string
  /** The header `Idempotency-Key`. */
  readonly header: string | undefined
  /** Method and pattern of the route. */
  readonly operation: string
  /** Path and query. The path contains the path parameters. */
  readonly url: string
  readonly contentType: string | undefined
  /** Parsed, or as it arrived. */
  readonly body: unknown
  /** No parser has read the body. */
  readonly isUnread?: boolean
  /** Runs the handler in the transaction; resolves with its response, which was not sent. */
  readonly handle: (tx: Tx) => Promise<HandlerResponse>
}

/** Requests with these methods have no effect, and pass. */
export const isSafe = (method: string) => /^(?:GET|HEAD|OPTIONS)$/.test(method)

/**
 * Runs the handler once for all requests with the key. Resolves after the commit, or
 * after the rollback of a response that is no answer. Undefined: the response of this
 * handler is the one to send, whole, with all its headers. Otherwise the resolved
 * response is sent in place of it: a replay or a refusal.
 *
 * @throws the error of the handler, or of the commit, for the framework
 */
export async function attempt<Tx>(
  idempotency: Idempotency<Tx>,
  options: Omit<IdempotentOptions<never>, 'owner'>,
  { owner, header, operation, url, contentType, body, isUnread, handle }: HttpAttempt<Tx>,
): Promise<ResponseParts | undefined> {
  const { headers, documentation, storeStatus = (status) => status < 400 } = options
  if (isUnread || /^multipart/i.test(`${contentType}`)) return problem(unreadable, documentation)
  let own: HandlerResponse | undefined
  const intent = {
    owner,
    key: keyOf(header) ?? (options.missingKey === 'allow' ? undefined : ''),
    operation: options.operation ?? operation,
    input: { url, body: Buffer.isBuffer(body) ? encoded(body) : body },
  }
  const effect = async (tx: Tx) => {
    own = await withinTime(handle(tx), options.timeoutMs)
    const { status, error } = own
    const isFailed = error !== undefined && status < 400
    if (!isFailed && storeStatus(status)) return partsOf(own, headers)
    // One that the application did not expect may be a conflict in the database: then 503 says more.
    const cause = status === 500 ? error : undefined
    const rollback = new Error(`Status ${status}`, { cause })
    notStored.set(rollback, own)
    throw rollback
  }
  try {
    // A framework passes a request on once.
    const { value, replayed } = await idempotency.run(intent, effect, { rerun: false })
    if (!replayed) return undefined
    return { ...value, headers: { ...value.headers, 'idempotent-replayed': 'true' } }
  } catch (error) {
    if (isRefusal(error)) return problem(error, documentation)
    // Looked for only after its fingerprint has failed.
    if (hasInfinity(body)) return problem(infinite, documentation)
    const response = notStored.get(Object(error))
    if (!response) throw error
    // A duplicate shares the response of the first one.
    return response === own ? undefined : partsOf(response, headers)
  }
}

/**
 * The key of the header `Idempotency-Key`, bare or as a quoted string (RFC 9651);
 * undefined without the header. Two headers arrive joined by a comma, which no key
 * contains, so they are refused as malformed. A key contains no quote and no backslash
 * either, so nothing needs unescaping.
 */
function keyOf(header: string | undefined): string | undefined {
  return header?.replace(/^"(.*)"$/, '$1')
}

/** The response of a handler, by the error that rolled it back. */
const notStored = new WeakMap<object, HandlerResponse>()

/** A handler that never answers would hold its key and its connection for ever. */
function withinTime<T>(work: Promise<T>, ms = 30_000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`The handler took longer than ${ms} ms.`)), ms)
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const unreadable = {
  status: 415,
  // Each attempt writes a form with files in another way.
  message: 'Parse the body before idempotent(), which refuses forms with files.',
  code: 'wrong_type',
  retry: 'never',
} as const

/** JSON has 1e400, and its parsers read it as Infinity, which no JSON can express. */
const infinite = {
  status: 400,
  message: 'The body has a number that is too large, such as 1e400.',
  code: 'invalid_input',
  retry: 'never',
} as const

function hasInfinity(body: unknown): boolean {
  let is = false
  JSON.stringify(body, (_, value) => {
    is ||= value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
    return value
  })
  return is
}

/** The body of a response must be known before the commit. */
export function streamError(): Error {
  return new Error('Send the response in one piece, or use a route without idempotent().')
}
