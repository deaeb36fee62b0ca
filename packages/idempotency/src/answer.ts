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

export function answerOf<T>({ text, replayed }: Outcome, serializer: Serializer): Answer<T> {
  // Stored by an effect that returned a `T`; `parse` of `run` checked it before.
  return { value: serializer.deserialize(JSON.parse(text)) as T, text, replayed }
}
