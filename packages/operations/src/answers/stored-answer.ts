import type { Answer } from '@idem/idempotency'

/**
 * An answer as it is stored. Both APIs write `text` unchanged, so a replay
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

export function storedAnswer<Value>({ text, replayed }: Answer<Value>): StoredAnswer<Value> {
  return new StoredAnswer(text, replayed)
}
