import { z } from 'zod'
import type { KillingTest } from './mutant.ts'

/** The result of a mutant in one run of its killing test. */
export type MutantResult =
  /** The test ran and failed. */
  | { readonly state: 'killed'; readonly tookMs: number; readonly complaint: string }
  /** The test ran and passed. */
  | { readonly state: 'alive' }
  /** The test did not run. */
  | { readonly state: 'not_tested'; readonly why: string }

/**
 * Reads the result from the text of Vitest's report; undefined without one. A failed run is not
 * a kill: it may have crashed or found no such test.
 */
export function resultIn(report: string | undefined, { file, test }: KillingTest): MutantResult {
  if (report === undefined) return { state: 'not_tested', why: 'The run left no report.' }
  const files = Report.parse(JSON.parse(report)).testResults
  const ran = files
    .filter(({ name }) => name.endsWith(`/${file}`))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, fullName }) => ranToTheEnd.has(status) && fullName.startsWith(test))
  const [only, ...others] = ran
  if (only === undefined || others.length > 0) {
    const complaints = files.map(({ message }) => message).join('\n')
    const why = `One test of ${file} should have run, but ${ran.length} did: "${test}". ${complaints}`
    return { state: 'not_tested', why: why.trim() }
  }
  if (only.status === 'passed') return { state: 'alive' }
  const [complaint = ''] = only.failureMessages
  // On a busy machine any test may time out.
  if (/timed out in \d+ms/.test(complaint)) return { state: 'not_tested', why: complaint }
  return { state: 'killed', tookMs: only.duration, complaint }
}

const ranToTheEnd = new Set(['passed', 'failed'])

const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          duration: z.number().nullish().transform(Number),
          failureMessages: z.array(z.string()).default([]),
        }),
      ),
    }),
  ),
})
