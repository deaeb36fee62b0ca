import type { IncomingMessage } from 'node:http'
import type { Answer } from '@idem/idempotency'
import { type Context, withDeadline, withSignal } from '../http/call.ts'
import { keyOf } from '../http/key.ts'
import { parseJson, readJsonText } from '../http/read-body.ts'
import type { Reports } from '../http/refused.ts'
import type { Endpoint } from './endpoint.ts'
import { refusalResponse } from './problem.ts'

export type AnswerSettings = Reports & {
  /** Whether a create without a key is refused. */
  readonly requireKey: boolean
  /** The prefix of all paths, such as `/todos`. Default: none. */
  readonly basePath?: string | undefined
}

type Found = {
  readonly request: IncomingMessage
  readonly context: Context
  readonly params: Readonly<Record<string, string>>
}

/** Checks size and type, then the shape of the input, and runs the endpoint. */
export async function answerCall(
  settings: AnswerSettings,
  endpoint: Endpoint,
  { request, params, ...found }: Found,
): Promise<Response> {
  const lifetime: Record<string, string> = {}
  try {
    const text = endpoint.body === undefined ? '' : await readJsonText(request)
    const context = withSignal(found.context, request)
    const key = endpoint.keyed ? keyOf(request.rawHeaders) : undefined
    if (key !== undefined) {
      const { keyRetentionHours } = context.operations.policy().value
      lifetime['idempotency-key-lifetime'] = `${keyRetentionHours * 3_600}`
    }
    const call = {
      ...context,
      headers: request.headers,
      params,
      query: new URLSearchParams(request.url?.split(/\?(.*)/s, 2)[1]),
      key,
      requireKey: settings.requireKey,
      json: () => parseJson(text),
    }
    const keyless = endpoint.keyed && key === undefined
    const answer = await withDeadline({ keyless }, () => endpoint.run(call))
    return success({ ...settings, endpoint, answer, lifetime })
  } catch (error) {
    return refusalResponse(error, { ...settings, headers: lifetime })
  }
}

type Succeeded = Pick<AnswerSettings, 'basePath'> & {
  readonly endpoint: Endpoint
  readonly answer: Answer<unknown>
  readonly lifetime: Readonly<Record<string, string>>
}

/** The answer is sent as it is stored, to the byte; a todo has its version as the ETag. */
function success({ basePath = '', endpoint, answer, lifetime }: Succeeded): Response {
  const { status, body, headers = [] } = endpoint.success
  const { value, text, replayed } = answer
  const { id, version } = Object(value)
  return new Response(body === undefined ? null : text, {
    status,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(headers.includes('ETag') ? { etag: `"${version}"` } : {}),
      ...(headers.includes('Location') ? { location: `${basePath}/todos/${id}` } : {}),
      ...lifetime,
      ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
    },
  })
}
