import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from '@idem/idempotency'
import { getHTTPStatusCode } from '@trpc/server/http'
import { closeIfUnread } from '../http/read-body.ts'
import { type Refused, retryAfter } from '../http/refused.ts'
import type { ErrorShape } from './trpc-error.ts'

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

export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Result | Result[],
): void {
  const answers = Array.isArray(answer) ? answer : [answer]
  const refusals = answers.flatMap((one) => ('error' in one ? one.refused : []))
  const text = Array.isArray(answer) ? `[${answer.map(textOf).join(',')}]` : textOf(answer)
  const headers: Record<string, string | number> = {
    ...fixedHeaders,
    'content-length': Buffer.byteLength(text),
    ...closeIfUnread(request),
  }
  if (refusals.length > 0) Object.assign(headers, retryAfter(refusals))
  if (refusals.some(({ code }) => code === 'method_not_allowed')) {
    headers.allow = request.method === 'POST' ? methods.query.join(', ') : methods.mutation.join()
  }
  response.writeHead(getHTTPStatusCode(answer), headers)
  // As a string, which Node sends together with the headers; a buffer would be a second write.
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
