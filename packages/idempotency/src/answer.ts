import type { Serializer } from './json.ts'

/** The answer to every attempt of an intent: plain data. */
export type Answer<T> = {
  /** The result of the effect, read from the stored text, so the first attempt gets the same value as a replay. */
  readonly value: T
  /** The stored answer, byte for byte. */
  readonly text: string
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

export function answerOf<T>(
  { text, replayed }: Omit<Answer<T>, 'value'>,
  serializer: Serializer,
): Answer<T> {
  let value: { readonly parsed: T } | undefined
  return {
    // Parsed when it is read: a server that sends the text never does.
    get value() {
      // Stored by an effect that returned a `T`; `parse` of `run` checked it before.
      value ??= { parsed: serializer.deserialize(JSON.parse(text)) as T }
      return value.parsed
    },
    text,
    replayed,
  }
}
