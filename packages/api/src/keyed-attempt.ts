import { RefusalCode, RefusalError } from '@idem/contract/refusal'
import { OnceError } from '@idem/idempotency/once-error'
import type { AttemptReport } from '@idem/idempotency/report-attempts'

export const keyedOperations = ['createTodo', 'deleteTodo', 'restoreTodo', 'updateTodo'] as const

export type KeyedOperation = (typeof keyedOperations)[number]

/** How one keyed attempt ended, for whoever logs and counts. It has no title; the key is whole and must not be shown. */
export type KeyedAttempt = Pick<
  AttemptReport,
  'outcome' | 'durationMs' | 'claimWaitMs' | 'replayAgeMs' | 'doubt'
> & {
  readonly owner: string
  readonly key: string
  readonly operation: string
  /** What the caller was refused with, now or when it was stored. */
  readonly refusal: RefusalCode | undefined
}

export function keyedAttempt(report: AttemptReport): KeyedAttempt {
  const { owner, key, operation } = report.attempt
  const { outcome, durationMs, claimWaitMs, replayAgeMs, doubt } = report
  const refusal = refusalOf(report)
  return { owner, key, operation, outcome, refusal, durationMs, claimWaitMs, replayAgeMs, doubt }
}

function refusalOf({ told, error }: AttemptReport): RefusalCode | undefined {
  if (told?.kind === 'answer') return undefined
  if (told !== undefined) return RefusalCode.parse(JSON.parse(told.text).code)
  if (error instanceof OnceError) return error.code
  return error instanceof RefusalError ? error.refusal.code : 'unexpected'
}
