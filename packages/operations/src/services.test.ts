import type { AttemptReport, StoredError } from '@idem/idempotency'
import { expect, test } from 'vitest'
import { keyedAttempt } from './services.ts'

test.for([
  ['{"code":"not_found","retry":"never"}', 'not_found'],
  ['{"code":"list_archived","retry":"never"}', 'other'],
  ['{"code":7}', 'other'],
  ['null', 'other'],
] as const)('the reported reason of the stored refusal %s is %s', ([text, reason]) => {
  expect(keyedAttempt(replayOf({ text, replayed: true })).refusal).toBe(reason)
})

function replayOf(storedError: StoredError): AttemptReport {
  return {
    owner: 'local',
    operation: 'updateTodo',
    keyless: false,
    keyHash: () => '0123456789ab',
    outcome: 'replayed',
    storedError,
    error: undefined,
    durationMs: 1,
    claimWaitMs: undefined,
    replayAgeMs: 1,
    ambiguousCommit: undefined,
  }
}
