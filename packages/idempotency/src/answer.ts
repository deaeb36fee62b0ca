import type { Serializer } from './json.ts'
import type { Outcome } from './records/outcome.ts'

/** The answer to every attempt of an intent. */
export type Answer<T> = {
  /** The result of the effect, read from the stored text, so the first attempt gets the same value as a replay. */
  readonly value: T
  /** The stored answer, byte for byte. */
  readonly text: string
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

/**
 * Parses the value on first access: an API that writes `text` never needs it. A
 * class, because a getter in an object literal costs 0.4 µs each time.
 */
export class AnswerText<T> implements Answer<T> {
  readonly text: string
  readonly replayed: boolean
  readonly #serializer: Serializer

  constructor({ text, replayed }: Outcome, serializer: Serializer) {
    this.text = text
    this.replayed = replayed
    this.#serializer = serializer
  }

  get value(): T {
    // Stored by an effect that returned a `T`; `parse` of `run` checked it before.
    return this.#serializer.deserialize(JSON.parse(this.text)) as T
  }
}
