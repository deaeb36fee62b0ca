import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from '@idem/idempotency'
import { getHTTPStatusCode } from '@trpc/server/http'
import { invalidInput } from '../http/parse-input.ts'
import { closeIfUnread, parseJson, readJsonText } from '../http/read-body.ts'
import { type Refused, refusalHeaders } from '../http/refused.ts'
import { mostCalls } from '../http/request-class.ts'
import type { TodoRouter } from './todo-router.ts'
import type { ErrorShape } from './trpc-error.ts'

/** The calls of one request, in tRPC's wire format. */
export type TrpcCalls = {
  readonly batch: boolean
  readonly calls: readonly TrpcCall[]
}

export type TrpcCall = {
  readonly path: string
  readonly procedure: Procedure | undefined
  /** Throws when the input of the request is not JSON: each call of a batch reports it. */
  readonly input: () => unknown
}

type Procedures = TodoRouter['_def']['procedures']

export type Procedure = Procedures[keyof Procedures]

type Sent = {
  readonly request: IncomingMessage
  readonly path: string
  readonly query: URLSearchParams
}

/** Reads path, query and body; refuses the whole request if no single call can report the error. */
export async function readCalls(
  procedures: Procedures,
  { request, path, query }: Sent,
): Promise<TrpcCalls> {
  const batch = query.get('batch') === '1'
  const paths = batch ? decoded(path).split(',') : [decoded(path)]
  if (paths.length > mostCalls) throw invalidInput([''])
  const named = paths.map((path) => ({ path, procedure: procedureAt(procedures, path) }))
  const type = named.map(typeOf).find((each) => each !== undefined)
  if (named.some((call) => (typeOf(call) ?? type) !== type)) throw invalidInput([''])
  const posted = request.method === 'POST'
  const text = posted ? await readJsonText(request) : (query.get('input') ?? '')
  const parse = () => (text === '' && !posted ? undefined : parseJson(text))
  const input = batch ? (at: number) => memberOf(parse(), at) : parse
  return { batch, calls: named.map((call, at) => ({ ...call, input: () => input(at) })) }
}

function typeOf({ procedure }: Pick<TrpcCall, 'procedure'>) {
  return procedure?._def.type
}

function procedureAt(procedures: Procedures, path: string): Procedure | undefined {
  return Object.hasOwn(procedures, path) ? procedures[path as keyof Procedures] : undefined
}

function decoded(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw invalidInput([''], { cause })
  }
}

function memberOf(inputs: unknown, at: number): unknown {
  if (inputs === undefined) return undefined
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    throw invalidInput([''])
  }
  return Object.hasOwn(inputs, at) ? inputs[at as keyof typeof inputs] : undefined
}

/**
 * Whether the client wants each answer of a batch as soon as it is ready (`httpBatchStreamLink`).
 * Other requests cannot be streamed, and a `Request` cannot even be constructed for a TRACE.
 */
export function wantsStream({ headers, method }: IncomingMessage, query: URLSearchParams): boolean {
  return (
    headers['trpc-accept'] === 'application/jsonl' &&
    query.get('batch') === '1' &&
    (method === 'GET' || method === 'POST')
  )
}

/** The response to one call, in tRPC's wire format. */
export type Result =
  | { readonly result: { readonly data: Answer<unknown> } }
  | { readonly error: ErrorShape; readonly refused: Refused }

/** Mutations need POST: a link or an image on another page, which is a GET, must never change anything. */
export const methods = { mutation: ['POST'], query: ['GET', 'HEAD'] }

/** A response is data for the requesting page: no other page may frame, cache or reinterpret it. */
export const fixedHeaders = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export type Written = {
  readonly answer: Result | Result[]
  /** They are in every response. */
  readonly fixed: Readonly<Record<string, string>>
}

export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, fixed }: Written,
): void {
  const answers = Array.isArray(answer) ? answer : [answer]
  const refusals = answers.flatMap((one) => ('error' in one ? one.refused : []))
  const text = Array.isArray(answer) ? `[${answer.map(textOf).join(',')}]` : textOf(answer)
  const headers: Record<string, string | number> = {
    ...fixed,
    'content-length': Buffer.byteLength(text),
    ...closeIfUnread(request),
  }
  if (refusals.length > 0) Object.assign(headers, refusalHeaders(refusals))
  if (refusals.some(({ code }) => code === 'method_not_allowed')) {
    headers.allow = request.method === 'POST' ? methods.query.join(', ') : methods.mutation.join()
  }
  response.writeHead(getHTTPStatusCode(answer), headers)
  // Node sends a string together with the headers; a buffer would be a second write.
  response.end(request.method === 'HEAD' ? undefined : text)
}

/** Stored answers and refusals are sent as they are stored, to the byte. */
function textOf(answer: Result): string {
  if ('result' in answer) return `{"result":{"data":${answer.result.data.text}}}`
  const { error, refused } = answer
  const { refusal: _, ...data } = error.data
  // `data` is the last member of the shape and `refusal` the last of `data`, so the text is inserted before two braces.
  const { data: __, ...shape } = error
  return `{"error":${JSON.stringify({ ...shape, data }).slice(0, -2)},"refusal":${refused.text}}}}`
}
