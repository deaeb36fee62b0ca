import { type ServerResponse, STATUS_CODES } from 'node:http'
import { Refusal, RefusalError } from '@idem/contract/refusal'
import { z } from 'zod'
import { refusalTable } from '../refusal-table.ts'

/** RFC 9457. `refusal` is what a program reads, the rest is for people. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  refusal: Refusal,
})
export type Problem = z.infer<typeof Problem>

/** How a refusal is told over HTTP. */
export function problemOf({ refusal, message, replayed }: RefusalError) {
  const status = refusalTable[refusal.code].rest
  const { retryAfterMs } = refusal
  const problem: Problem = {
    // No page of its own for each problem, so by the RFC the title is the status in words.
    type: 'about:blank',
    title: STATUS_CODES[status] ?? refusal.code,
    status,
    detail: message,
    refusal,
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
    text: JSON.stringify(problem),
  }
}

/** Answers with the refusal; any other error is thrown on. */
export function writeProblem(response: ServerResponse, error: unknown): void {
  if (!(error instanceof RefusalError)) throw error
  const { status, headers, text } = problemOf(error)
  response.writeHead(status, headers)
  response.end(text)
}
