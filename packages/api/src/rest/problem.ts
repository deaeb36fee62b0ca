import { type ServerResponse, STATUS_CODES } from 'node:http'
import { Refusal, RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { z } from 'zod'
import { type Refused, type Reports, refusalHeaders, refusedBy, report } from '../http/refused.ts'

/** A problem document (RFC 9457). Programs read `refusal`; the other members are for people. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  refusal: Refusal,
})
export type Problem = z.infer<typeof Problem>

type ProblemSettings = Reports & {
  readonly headers?: Readonly<Record<string, string>>
}

/** The response for an error, also for one that no API expects. */
export function refusalResponse(
  error: unknown,
  { headers: extraHeaders = {}, ...reports }: ProblemSettings,
): Response {
  const refused = refusedBy(error)
  report(refused, reports)
  const { status, headers, text } = problemOf(refused)
  return new Response(text, { status, headers: { ...headers, ...extraHeaders } })
}

/** Answers with the refusal; rethrows any other error. */
export function writeProblem(response: ServerResponse, error: unknown): void {
  if (!(error instanceof RefusalError || error instanceof IdempotencyError)) throw error
  const { status, headers, text } = problemOf(refusedBy(error))
  response.writeHead(status, headers)
  response.end(text)
}

function problemOf(refused: Refused) {
  const { status, message: detail, text, replayed } = refused
  const problem: Omit<Problem, 'refusal'> = {
    // Without a page for each problem, the RFC makes the title the phrase of the status.
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    detail,
  }
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...refusalHeaders([refused]),
      ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
    },
    text: `${JSON.stringify(problem).slice(0, -1)},"refusal":${text}}`,
  }
}
