import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { OnceError } from '@idem/idempotency/once-error'
import type { AttemptReport } from '@idem/idempotency/report-attempts'
import { codeIn } from './stored-refusal.ts'

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
  /** Why it was refused, now or when the refusal was stored. `other` is a code of another release: what reaches a log field or a label comes from a closed list. */
  readonly refusal: RefusalCode | 'other' | undefined
}

export function keyedAttempt(report: AttemptReport): KeyedAttempt {
  const { owner, key, operation } = report.attempt
  const { outcome, durationMs, claimWaitMs, replayAgeMs, doubt } = report
  const refusal = refusalOf(report)
  return { owner, key, operation, outcome, refusal, durationMs, claimWaitMs, replayAgeMs, doubt }
}

function refusalOf({ told, error }: AttemptReport): KeyedAttempt['refusal'] {
  if (told?.kind === 'answer') return undefined
  if (told !== undefined) return codeIn(told.text) ?? 'other'
  if (error instanceof OnceError) return error.code
  return error instanceof RefusalError ? error.refusal.code : 'unexpected'
}
