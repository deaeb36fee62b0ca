import type { Outcome } from '@idem/idempotency/attempt'
import { StoredRefusal } from './stored-refusal.ts'

/**
 * An answer as it is stored. Both APIs write `text` as it is, so that a replay
 * equals the first answer to the byte; `value` is for reading a member of it.
 */
export class StoredAnswer<Value> {
  readonly text: string
  readonly replayed: boolean

  constructor(text: string, replayed: boolean) {
    this.text = text
    this.replayed = replayed
  }

  value(): Value {
    return JSON.parse(this.text)
  }
}

export function valueIn<Value>(answer: Value | StoredAnswer<Value>): Value {
  return answer instanceof StoredAnswer ? answer.value() : answer
}

/** The answer of an outcome. @throws StoredRefusal when the outcome is a refusal */
export function answerOf<Value>(outcome: Outcome): StoredAnswer<Value> {
  if (outcome.kind === 'answer') return new StoredAnswer(outcome.text, outcome.replayed)
  throw new StoredRefusal(outcome)
}
