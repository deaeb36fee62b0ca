import type { Serializer } from './json.ts'
import type { Outcome } from './outcome.ts'

/** What every attempt of an intent gets. */
export type Answer<T> = {
  /** What the effect gave, by way of the stored text; so the first attempt gets what a replay gets. */
  readonly value: T
  /** The stored answer, byte for byte. */
  readonly text: string
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

/** Reads the value when it is asked for: an API that writes `text` as it is never asks. */
export function answerFrom<T>({ text, replayed }: Outcome, serializer: Serializer): Answer<T> {
  return {
    text,
    replayed,
    get value() {
      // Stored by an effect that gave a `T`; `parse` of `run` checked it before.
      return serializer.deserialize(JSON.parse(text)) as T
    },
  }
}
