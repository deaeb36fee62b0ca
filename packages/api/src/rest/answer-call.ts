import type { IncomingMessage } from 'node:http'
import type { RefusalError } from '@idem/contract/refusal'
import type { Context } from '../procedures.ts'
import { parseJson, readJsonText } from '../read-json.ts'
import { withDeadline } from '../with-deadline.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { keyOf } from './key-header.ts'
import { refusalResponse } from './refusal-response.ts'
import { toldRefusal } from './told-refusal.ts'

export type AnswerSettings = {
  readonly contextOf: (request: IncomingMessage) => Context
  /** A create without a key is refused. */
  readonly requireKey: boolean
  /** Told of every unexpected error: the answer holds only its correlation id. */
  readonly onUnexpected: (refusal: RefusalError) => void
}

type Found = {
  readonly request: IncomingMessage
  readonly params: Readonly<Record<string, string>>
}

/** One call, in this order: its size and type, who is calling, its shape, and then what it asks for. */
export async function answerCall(
  settings: AnswerSettings,
  endpoint: Endpoint,
  { request, params }: Found,
): Promise<Response> {
  const lifetime: Record<string, string> = {}
  try {
    const text = endpoint.body === undefined ? '' : await readJsonText(request)
    const context = settings.contextOf(request)
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
    // Calls that honour no key are reads and the cancelling of a key.
    const isRepeatable = !endpoint.keyed || key !== undefined
    const answer = await withDeadline(() => endpoint.run(call), { isRepeatable })
    return success(endpoint, answer, lifetime)
  } catch (error) {
    return refusalResponse(toldRefusal(error, settings.onUnexpected), lifetime)
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
