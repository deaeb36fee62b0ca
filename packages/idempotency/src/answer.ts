import type { Serializer } from './json.ts'
import type { Outcome } from './records/outcome.ts'

/** What every attempt of an intent gets. */
export type Answer<T> = {
  /** What the effect gave, by way of the stored text; so the first attempt gets what a replay gets. */
  readonly value: T
  /** The stored answer, byte for byte. */
  readonly text: string
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

/**
 * Reads the value when it is asked for: an API that writes `text` as it is never
 * asks. A class, because a getter in an object literal costs 0.4 µs each time.
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
    // Stored by an effect that gave a `T`; `parse` of `run` checked it before.
    return this.#serializer.deserialize(JSON.parse(this.text)) as T
  }
}
