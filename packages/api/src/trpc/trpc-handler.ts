import type { IncomingMessage, ServerResponse } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import type { Answer } from '@idem/idempotency'
import { getTRPCErrorShape } from '@trpc/server'
import { type Admit, admitted } from '../http/admission.ts'
import { type Context, type ContextOf, withSignal } from '../http/call.ts'
import { keyOf } from '../http/key.ts'
import { type Reports, report } from '../http/refused.ts'
import { mostCalls } from '../http/request-class.ts'
import { openStream } from './open-stream.ts'
import { callProcedure, type TrpcContext } from './procedures.ts'
import { type TodoRouter, todoRouter } from './todo-router.ts'
import { refusedByTrpc, toTrpcError } from './trpc-error.ts'
import {
  fixedHeaders,
  methods,
  type Result,
  readCalls,
  type TrpcCall,
  wantsStream,
  writeAnswer,
} from './wire-format.ts'

export type TrpcHandlerSettings = Reports & {
  readonly contextOf: ContextOf
  readonly router?: TodoRouter
  /** Without it, every request is admitted. */
  readonly admit?: Admit | undefined
  /** They are in every response, beside those of the protocol. */
  readonly headers?: Readonly<Record<string, string>>
}

type Sent = {
  readonly request: IncomingMessage
  /** The path after the mount point, still percent-encoded. */
  readonly path: string
  readonly query: URLSearchParams
}

type Admitted = Sent & { readonly context: Context }

type Handler = Reports & {
  readonly router: TodoRouter
  readonly fixed: Readonly<Record<string, string>>
}

/**
 * tRPC over `node:http`, for single and batched JSON calls. The official adapters convert each request to
 * web streams and back, which costs more than all other work of a small mutation. This one reads the body
 * once, calls the procedure, and writes once. A test compares its responses with those of the official
 * adapter.
 */
export function createTrpcHandler({ contextOf, admit, ...settings }: TrpcHandlerSettings) {
  const fixed = { ...fixedHeaders, ...settings.headers }
  const handler: Handler = { router: todoRouter, ...settings, fixed }
  return async function handleTrpc(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    const sent = { request, path, query }
    return admitted(
      { request, contextOf, admit },
      {
        run: (context) => answer(handler, { ...sent, context }, response),
        refuse: (error) =>
          writeAnswer(request, response, { answer: refusals(handler, sent, error), fixed }),
      },
    )
  }
}

async function answer(handler: Handler, sent: Admitted, response: ServerResponse): Promise<void> {
  if (wantsStream(sent.request, sent.query)) return answerByStream(handler, sent, response)
  const answers = await answerAll(handler, sent)
  if (response.destroyed) return
  writeAnswer(sent.request, response, { answer: answers, fixed: handler.fixed })
}

/** One refusal for each call of a batch, as its client expects. */
function refusals(handler: Handler, { path, query }: Sent, error: unknown): Result | Result[] {
  const refused = failure(handler, error)
  if (query.get('batch') !== '1') return refused
  return path.split(/,|%2c/i, mostCalls).map(() => refused)
}

/** Read once the body has arrived: the time of the request begins then. */
function contextIn({ context, request }: Admitted): TrpcContext {
  const { headers, rawHeaders } = request
  const signalled = withSignal(context, request)
  if (headers['idempotency-key'] === undefined) return signalled
  return { ...signalled, keyHeader: keyOf(rawHeaders) }
}

async function answerByStream(
  handler: Handler,
  sent: Admitted,
  response: ServerResponse,
): Promise<void> {
  const { router, fixed } = handler
  try {
    const write = await openStream({
      ...sent,
      router,
      contextOf: () => contextIn(sent),
      onError: (error, input) => report(refusedByTrpc(error, input), handler),
    })
    for (const [name, value] of Object.entries(fixed)) response.setHeader(name, value)
    await write(response)
  } catch (error) {
    writeAnswer(sent.request, response, { answer: failure(handler, error), fixed })
  }
}

async function answerAll(handler: Handler, sent: Admitted): Promise<Result | Result[]> {
  try {
    const { batch, calls } = await readCalls(handler.router._def.procedures, sent)
    const ctx: TrpcContext = { ...contextIn(sent), writesText: true }
    const { method = '' } = sent.request
    const answers = calls.map((call, batchIndex) =>
      answerOne(handler, call, { ctx, batchIndex, method }),
    )
    const [only] = answers
    return batch || only === undefined ? await Promise.all(answers) : await only
  } catch (error) {
    return failure(handler, error)
  }
}

type Asked = {
  readonly ctx: TrpcContext
  readonly batchIndex: number
  readonly method: string
}

async function answerOne(
  handler: Handler,
  call: TrpcCall,
  { ctx, batchIndex, method }: Asked,
): Promise<Result> {
  const { procedure, path } = call
  try {
    if (procedure === undefined) throw new RefusalError('no_such_route')
    const { type } = procedure._def
    if (!methods[type].includes(method)) throw new RefusalError('method_not_allowed')
    const arrived = call.input()
    const getRawInput = async () => arrived
    const sent = { ctx, getRawInput, path, type, signal: undefined, batchIndex }
    // `writesText` asks for the whole answer.
    return { result: { data: (await callProcedure(procedure, sent)) as Answer<unknown> } }
  } catch (error) {
    return failure(handler, error, { ...call, ctx })
  }
}

type FailedCall = TrpcCall & Pick<Asked, 'ctx'>

function failure(handler: Handler, cause: unknown, call?: FailedCall): Result {
  const error = toTrpcError(cause)
  const input = inputOf(call)
  const refused = refusedByTrpc(error, input)
  report(refused, handler)
  const shape = getTRPCErrorShape({
    config: handler.router._def._config,
    error,
    type: call?.procedure?._def.type ?? 'unknown',
    path: call?.path,
    input,
    ctx: call?.ctx,
  })
  return { error: shape, refused }
}

function inputOf(call: FailedCall | undefined): unknown {
  try {
    return call?.input()
  } catch {
    return undefined
  }
}
