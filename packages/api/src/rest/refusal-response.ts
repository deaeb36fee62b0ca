import type { RefusalError } from '@idem/contract/refusal'
import { problemOf } from './problem.ts'

/** The refusal as a problem, in the form Hono hands on. */
export function refusalResponse(
  refusal: RefusalError,
  extraHeaders: Readonly<Record<string, string>> = {},
): Response {
  const { status, headers, text } = problemOf(refusal)
  return new Response(text, { status, headers: { ...headers, ...extraHeaders } })
}
