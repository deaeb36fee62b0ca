import type { Outcome } from '@idem/idempotency/attempt'
import type { AttemptReport } from '@idem/idempotency/report-attempts'
import { expect, test } from 'vitest'
import { keyedAttempt } from './keyed-attempt.ts'

test.for([
  ['{"code":"not_found","retry":"never"}', 'not_found'],
  ['{"code":"list_archived","retry":"never"}', 'other'],
  ['{"code":7}', 'other'],
  ['null', 'other'],
] as const)('the reported reason of the stored refusal %s is %s', ([text, reason]) => {
  expect(keyedAttempt(replayOf({ kind: 'refusal', text, replayed: true })).refusal).toBe(reason)
})

function replayOf(told: Outcome): AttemptReport {
  return {
    attempt: { owner: 'local', key: 'k', operation: 'updateTodo', input: {} },
    outcome: 'replayed',
    told,
    error: undefined,
    durationMs: 1,
    claimWaitMs: undefined,
    replayAgeMs: 1,
    doubt: undefined,
  }
}
