import { type ServerResponse, STATUS_CODES } from 'node:http'
import { Refusal, RefusalError } from '@idem/contract/refusal'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import { z } from 'zod'
import { retryAfter } from '../http/headers.ts'
import { statusOf } from '../http/refusal-status.ts'

/** A problem document (RFC 9457). Programs read `refusal`; the other members are for people. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  refusal: Refusal,
})
export type Problem = z.infer<typeof Problem>

/** A refusal as an HTTP response; a stored one is sent as it is stored, to the byte. */
export function problemOf(error: RefusalError) {
  const status = statusOf(error)
  const stored = error instanceof StoredRefusal ? error : undefined
  const problem: Omit<Problem, 'refusal'> = {
    // Without a page for each problem, the RFC makes the title the phrase of the status.
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    detail: error.message,
  }
  const refusal = stored?.text ?? JSON.stringify(error.refusal)
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...retryAfter([error]),
      ...(stored?.replayed ? { 'idempotent-replayed': 'true' } : {}),
    },
    text: `${JSON.stringify(problem).slice(0, -1)},"refusal":${refusal}}`,
  }
}

/** Answers with the refusal; rethrows any other error. */
export function writeProblem(response: ServerResponse, error: unknown): void {
  if (!(error instanceof RefusalError)) throw error
  const { status, headers, text } = problemOf(error)
  response.writeHead(status, headers)
  response.end(text)
}
