import { type OnUnexpected, refusalOf, reportUnexpected } from '../http/refusal-of.ts'
import { problemOf } from './problem.ts'

export type RefusalResponse = {
  readonly onUnexpected: OnUnexpected
  readonly headers?: Readonly<Record<string, string>>
}

/** The only place where REST converts an error to a response. */
export function refusalResponse(
  error: unknown,
  { onUnexpected, headers: extraHeaders = {} }: RefusalResponse,
): Response {
  const refusal = refusalOf(error)
  reportUnexpected(refusal, onUnexpected)
  const { status, headers, text } = problemOf(refusal)
  return new Response(text, { status, headers: { ...headers, ...extraHeaders } })
}
