import { Refusal, RefusalError } from '@idem/contract/refusal'
import type { Outcome } from '@idem/idempotency/attempt'

/**
 * An answer as it is stored. A face writes `text` as it is, so that a replay
 * equals the first answer to the byte; `value` is for whoever wants to look in.
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

/** The answer of an outcome; throws when it was a refusal, told again. */
export function answerOf<Value>(outcome: Outcome): StoredAnswer<Value> {
  if (outcome.kind === 'answer') return new StoredAnswer(outcome.text, outcome.replayed)
  const { code, ...details } = Refusal.parse(JSON.parse(outcome.text))
  throw new RefusalError(code, details, { replayed: outcome.replayed })
}
