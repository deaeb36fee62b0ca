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

/**
 * The JSON value of an answer; null for an effect that gives nothing.
 *
 * @throws TypeError for what JSON has no form of: stored as nothing, a replay
 * would have no answer
 */
export function jsonOf(value: unknown, serializer: Serializer): unknown {
  const json = serializer.serialize(value) ?? null
  if (typeof json === 'function' || typeof json === 'symbol' || typeof json === 'bigint') {
    throw new TypeError(
      `An answer must have a form in JSON, but this one is a ${typeof json}; return plain data, or give a serializer.`,
    )
  }
  return json
}
