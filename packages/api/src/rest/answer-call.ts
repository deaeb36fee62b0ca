import type { IncomingMessage } from 'node:http'
import type { Context } from '../http/context.ts'
import { keyOf } from '../http/key-header.ts'
import { parseJson, readJsonText } from '../http/read-json.ts'
import type { OnUnexpected } from '../http/refusal-of.ts'
import { withSignal } from '../http/request-signal.ts'
import { withDeadline } from '../http/with-deadline.ts'
import type { Answer, Endpoint } from './endpoints/endpoint.ts'
import { refusalResponse } from './refusal-response.ts'

export type AnswerSettings = {
  readonly contextOf: (request: IncomingMessage) => Context
  /** Whether a create without a key is refused. */
  readonly requireKey: boolean
  readonly onUnexpected: OnUnexpected
}

type Found = {
  readonly request: IncomingMessage
  readonly params: Readonly<Record<string, string>>
}

/** Checks size and type, then the caller, then the shape of the input, and runs the endpoint. */
export async function answerCall(
  settings: AnswerSettings,
  endpoint: Endpoint,
  { request, params }: Found,
): Promise<Response> {
  const lifetime: Record<string, string> = {}
  try {
    const text = endpoint.body === undefined ? '' : await readJsonText(request)
    const context = withSignal(settings.contextOf(request), request)
    const key = endpoint.keyed ? keyOf(request.rawHeaders) : undefined
    if (key !== undefined) {
      const { keyRetentionHours } = context.operations.policy()
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
    // Endpoints without a key are the reads and cancel.
    const isRepeatable = !endpoint.keyed || key !== undefined
    const answer = await withDeadline(() => endpoint.run(call), { isRepeatable })
    return success(endpoint, answer, lifetime)
  } catch (error) {
    return refusalResponse(error, { ...settings, headers: lifetime })
  }
}

function success(
  { success: { status, body } }: Endpoint,
  { text, headers, replayed }: Answer,
  lifetime: Readonly<Record<string, string>>,
): Response {
  return new Response(text ?? null, {
    status,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
      ...lifetime,
      ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
    },
  })
}
