import type { IncomingMessage, ServerResponse } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { StoredAnswer } from '@idem/operations/stored-answer'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import { getTRPCErrorShape, type TRPCError } from '@trpc/server'
import { getHTTPStatusCode } from '@trpc/server/http'
import { type Context, callDirectly } from './procedures.ts'
import { type RefusalShape, refusalOf } from './refusal-shape.ts'
import { asTrpcError } from './refusal-table.ts'
import { keyOf } from './rest/key-header.ts'
import { todoRouter } from './todo-router.ts'
import { readCalls, type TrpcCall } from './trpc-calls.ts'
import { openStream, wantsStream } from './trpc-stream.ts'
import { withDeadline } from './with-deadline.ts'

export type TrpcHandlerSettings = {
  readonly contextOf: (request: IncomingMessage) => Context
  /** Told of every unexpected error: the answer holds only its correlation id. */
  readonly onUnexpected: (refusal: RefusalError) => void
}

/** A mutation is posted, a query is got: a link or an image on another page must never change anything. */
const methods = { mutation: ['POST'], query: ['GET', 'HEAD'] }

/** An answer is data for the page that asked, and for nobody else to frame, to keep or to take for something else. */
const fixedHeaders = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

type Result =
  | { result: { data: unknown } }
  | { error: RefusalShape; stored: StoredRefusal | undefined }

/**
 * tRPC over `node:http`, for single and batched JSON calls. The official
 * adapters turn each request into web streams and back, which costs more than
 * everything else a small mutation does; this one reads the body once, calls,
 * and writes once. It stays wire-compatible: a test puts both to the same
 * table of requests.
 *
 * `path` is what follows the mount point, still percent-encoded.
 */
export function createTrpcHandler({ contextOf, onUnexpected }: TrpcHandlerSettings) {
  const settings: TrpcHandlerSettings = {
    contextOf: (request) => withKeyHeader(contextOf(request), request),
    onUnexpected,
  }
  return async function handleTrpc(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    if (wantsStream(request, query)) return answerByStream(settings, request, response, path, query)
    const answer = await answerAll(settings, request, path, query)
    if (response.destroyed) return
    writeAnswer(request, response, answer)
  }
}

function withKeyHeader(context: Context, { headers, rawHeaders }: IncomingMessage): Context {
  if (headers['idempotency-key'] === undefined) return context
  return { ...context, keyHeader: keyOf(rawHeaders) }
}

async function answerByStream(
  settings: TrpcHandlerSettings,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
): Promise<void> {
  const { contextOf } = settings
  const onError = (error: TRPCError, input: unknown) => reportUnexpected(settings, error, input)
  try {
    const write = await openStream({ request, path, query, contextOf, onError })
    for (const [name, value] of Object.entries(fixedHeaders)) response.setHeader(name, value)
    await write(response)
  } catch (error) {
    writeAnswer(request, response, failure(settings, error))
  }
}

async function answerAll(
  settings: TrpcHandlerSettings,
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
): Promise<Result | Result[]> {
  try {
    const { method } = request
    const { batch, calls } = await readCalls(request, path, query)
    const context = settings.contextOf(request)
    const answers = calls.map((call) => answerOne(settings, context, { ...call, method }))
    const [only] = answers
    return batch || only === undefined ? await Promise.all(answers) : await only
  } catch (error) {
    return failure(settings, error)
  }
}

async function answerOne(
  settings: TrpcHandlerSettings,
  context: Context,
  call: TrpcCall & { method: string | undefined },
): Promise<Result> {
  const { procedure, input, method } = call
  try {
    if (procedure === undefined) throw new RefusalError('no_such_route')
    if (!methods[procedure._def.type].includes(method ?? '')) {
      throw new RefusalError('method_not_allowed')
    }
    const arrived = input()
    const isRepeatable =
      procedure._def.type === 'query' || Object(arrived).idempotencyKey !== undefined
    const run = () => callDirectly(procedure, context, arrived)
    const data = await withDeadline(run, { isRepeatable })
    return { result: { data } }
  } catch (error) {
    return failure(settings, error, call, context)
  }
}

function failure(
  settings: TrpcHandlerSettings,
  cause: unknown,
  call?: TrpcCall,
  ctx?: Context,
): Result {
  const error = asTrpcError(cause)
  const input = inputOf(call)
  reportUnexpected(settings, error, input)
  return {
    error: getTRPCErrorShape({
      config: todoRouter._def._config,
      error,
      type: call?.procedure?._def.type ?? 'unknown',
      path: call?.path,
      input,
      ctx,
    }),
    stored: error.cause instanceof StoredRefusal ? error.cause : undefined,
  }
}

function reportUnexpected(settings: TrpcHandlerSettings, error: TRPCError, input: unknown): void {
  const refusal = refusalOf(error, input)
  if (refusal instanceof StoredRefusal) return
  if (refusal.refusal.code === 'unexpected') settings.onUnexpected(refusal)
}

function inputOf(call: TrpcCall | undefined): unknown {
  try {
    return call?.input()
  } catch {
    return undefined
  }
}

function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Result | Result[],
): void {
  const answers = Array.isArray(answer) ? answer : [answer]
  const refusals = answers.flatMap((one) => ('error' in one ? one.error.data.refusal : []))
  const text = Array.isArray(answer) ? `[${answer.map(toText).join(',')}]` : toText(answer)
  const headers: Record<string, string | number> = {
    ...fixedHeaders,
    'content-length': Buffer.byteLength(text),
  }
  const wait = Math.max(...refusals.map(({ retryAfterMs }) => retryAfterMs ?? 0))
  if (wait > 0) headers['retry-after'] = Math.ceil(wait / 1_000)
  if (refusals.some(({ code }) => code === 'method_not_allowed')) {
    headers.allow = request.method === 'POST' ? methods.query.join(', ') : methods.mutation.join()
  }
  // What is left of an unread body would be taken for the next request.
  if (!request.complete) headers.connection = 'close'
  response.writeHead(getHTTPStatusCode(answer), headers)
  // As a string: Node sends it together with the headers, but a buffer behind them.
  response.end(request.method === 'HEAD' ? undefined : text)
}

/** Stored answers and refusals are sent as they are stored, to the byte. */
function toText(answer: Result): string {
  if ('error' in answer) return errorText(answer.error, answer.stored)
  if (!(answer.result.data instanceof StoredAnswer)) return JSON.stringify(answer)
  return `{"result":{"data":${answer.result.data.text}}}`
}

function errorText(error: RefusalShape, stored: StoredRefusal | undefined): string {
  if (stored === undefined) return JSON.stringify({ error })
  const { refusal: _, ...data } = error.data
  // `data` is last in the shape and `refusal` last in `data`, so the text goes before two braces.
  const { data: __, ...shape } = error
  return `{"error":${JSON.stringify({ ...shape, data }).slice(0, -2)},"refusal":${stored.text}}}}`
}
