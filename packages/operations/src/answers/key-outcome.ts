import type { KeyOutcome } from '@idem/contract/operations'
import type { KeyOutcome as Outcome } from '@idem/idempotency'
import { StoredAnswer } from './stored-answer.ts'

/** The stored answer or refusal is embedded as its text, so it stays equal to the byte. */
export function keyOutcomeAnswer(outcome: Outcome): StoredAnswer<KeyOutcome> {
  if (outcome.state !== 'answered') return new StoredAnswer(JSON.stringify(outcome), false)
  const { state, operation, answeredAt, kind, text } = outcome
  const head = JSON.stringify({ state, operation, answeredAt }).slice(0, -1)
  return new StoredAnswer(`${head},"${kind}":${text}}`, false)
}
