import { refusedWith } from '@idem/api/refused'
import { Refusal, type RefusalCode } from '@idem/contract/refusal'
import { z } from 'zod'
import { documentedStatus } from './documented-status.ts'
import { canary } from './hostile-world.ts'
import { leaksIn } from './leak-patterns.ts'
import type { Answer } from './send.ts'

export type Api = 'trpc' | 'rest'

export type CheckedResponse = {
  /** One for each call of a batch; `ok` for success. */
  readonly codes: readonly (RefusalCode | 'ok')[]
  /** Violations in the response; normally empty. */
  readonly faults: readonly string[]
}

/** Checks a response against the contract: its shape, the status of each refusal, and forbidden content. */
export function checkResponse(api: Api, answer: Answer): CheckedResponse {
  const { status, headers, text } = answer
  const faults = [
    ...(status >= 500 ? [`status ${status}`] : []),
    ...leaksIn(text).map((word) => `says ${word}`),
    ...(headers['cache-control'] === 'no-store' ? [] : ['may be kept']),
    ...(headers['x-content-type-options'] === 'nosniff' ? [] : ['may be sniffed']),
    ...('x-powered-by' in headers ? ['reveals its framework'] : []),
  ]
  try {
    const results = api === 'trpc' ? trpcResults(text) : [restResult(answer)]
    const codes = results.map((refusal) => refusal?.code ?? ('ok' as const))
    const statuses = new Set(
      results.map((refusal) => (refusal ? documentedStatus[refusal.code][api] : 200)),
    )
    // tRPC answers 207 when the calls of a batch have different statuses.
    const due = statuses.size > 1 ? 207 : [...statuses][0]
    const ok = due === 200 ? status >= 200 && status < 300 : status === due
    if (!ok) faults.push(`${status} for ${codes}`)
    if (results.some((refusal) => refusal && repeats(refusal))) faults.push('echoes its input')
    if (codes.every((code) => code !== 'ok') && repeatsOutside(results, text)) {
      faults.push('echoes its input')
    }
    return { codes, faults }
  } catch (error) {
    return { codes: [], faults: [...faults, `${status} with another body: ${text} (${error})`] }
  }
}

const TrpcResult = z.union([
  z.strictObject({ result: z.strictObject({ data: z.unknown() }) }),
  z.strictObject({
    error: z.strictObject({
      message: z.string(),
      code: z.int(),
      data: z.strictObject({
        code: z.string(),
        httpStatus: z.int(),
        path: z.string().optional(),
        refusal: Refusal.strict(),
      }),
    }),
  }),
])

const Problem = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  refusal: Refusal.strict(),
})

function trpcResults(text: string): (Refusal | undefined)[] {
  const body: unknown = JSON.parse(text)
  const results = Array.isArray(body) ? body : [body]
  return results.map((result) => {
    const read = TrpcResult.parse(result)
    if (!('error' in read)) return undefined
    const { message, data } = read.error
    return withItsMessage(data.refusal, message)
  })
}

function restResult({ status, headers, text }: Answer): Refusal | undefined {
  if (status < 400) return undefined
  if (headers['content-type'] !== 'application/problem+json') throw new Error('no problem')
  const problem = Problem.parse(JSON.parse(text))
  if (problem.status !== status) throw new Error(`says ${problem.status}`)
  return withItsMessage(problem.refusal, problem.detail)
}

/** Each code has one message, besides the one for calls without a key; any other comes from the place of the error. */
function withItsMessage(refusal: Refusal, sentence: string): Refusal {
  const { message } = refusedWith(refusal.code)
  if (sentence === message || refusal.retry === 'ask_person') return refusal
  throw new Error(`says "${sentence}" for ${refusal.code}`)
}

/** The current todo may be returned: it is the owner's own text. */
function repeats({ current, ...refusal }: Refusal): boolean {
  return JSON.stringify(refusal).includes(canary)
}

function repeatsOutside(results: readonly (Refusal | undefined)[], text: string): boolean {
  return results.every((refusal) => refusal?.current === undefined) && text.includes(canary)
}
