import { type ServerResponse, STATUS_CODES } from 'node:http'
import { Refusal, RefusalError } from '@idem/contract/refusal'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import { z } from 'zod'
import { restStatusOf } from '../refusal-table.ts'

/** RFC 9457. `refusal` is what a program reads, the rest is for people. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  refusal: Refusal,
})
export type Problem = z.infer<typeof Problem>

/** A refusal as an HTTP response; a stored one is sent as it is stored, to the byte. */
export function problemOf(declined: RefusalError | StoredRefusal) {
  const status = restStatusOf(declined)
  const { text, replayed, retryAfterMs } = writtenOut(declined)
  const problem: Omit<Problem, 'refusal'> = {
    // No page of its own for each problem, so by the RFC the title is the status in words.
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    detail: declined.message,
  }
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterMs === undefined
        ? {}
        : { 'retry-after': `${Math.ceil(retryAfterMs / 1_000)}` }),
      ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
    },
    text: `${JSON.stringify(problem).slice(0, -1)},"refusal":${text}}`,
  }
}

/** Only a refusal about the moment says when to try again, and none of those is stored. */
function writtenOut(declined: RefusalError | StoredRefusal) {
  if (declined instanceof StoredRefusal) {
    const { text, replayed } = declined
    return { text, replayed, retryAfterMs: undefined }
  }
  const { refusal } = declined
  return {
    text: JSON.stringify(refusal),
    replayed: false,
    retryAfterMs: refusal.retryAfterMs,
  }
}

/** Answers with the refusal; any other error is thrown on. */
export function writeProblem(response: ServerResponse, error: unknown): void {
  if (!(error instanceof RefusalError)) throw error
  const { status, headers, text } = problemOf(error)
  response.writeHead(status, headers)
  response.end(text)
}
