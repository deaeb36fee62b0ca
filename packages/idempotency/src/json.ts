export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [member: string]: Json | undefined }

/** Turns inputs and answers into JSON values and back, for what JSON has no form of, such as a Date or a Map. superjson fits. */
export type Serializer = {
  serialize(value: unknown): unknown
  deserialize(json: unknown): unknown
}

export const plainJson: Serializer = {
  serialize: (value) => value,
  // Parsed from a text that this package stored.
  deserialize: (json) => json,
}

/** The JSON value of an answer; null for an effect that gives nothing. */
export function jsonOf(value: unknown, serializer: Serializer): unknown {
  return serializer.serialize(value) ?? null
}

/**
 * The text to store for a JSON value.
 *
 * @throws TypeError for what JSON has no form of, a function or an object whose
 * `toJSON` gives nothing: stored as nothing, a replay would have no answer
 */
export function textOf(json: unknown): string {
  const text = typeof json === 'bigint' ? undefined : JSON.stringify(json)
  if (text === undefined) {
    throw new TypeError(
      `An answer must have a form in JSON, but this ${typeof json} has none; return plain data, or give a serializer.`,
    )
  }
  return text
}
