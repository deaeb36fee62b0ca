import type { RefusalError } from '@idem/contract/refusal'
import type { StoredRefusal } from '@idem/operations/stored-refusal'
import { problemOf } from './problem.ts'

/** The refusal as a problem, in the form Hono hands on. */
export function refusalResponse(
  refusal: RefusalError | StoredRefusal,
  extraHeaders: Readonly<Record<string, string>> = {},
): Response {
  const { status, headers, text } = problemOf(refusal)
  return new Response(text, { status, headers: { ...headers, ...extraHeaders } })
}
