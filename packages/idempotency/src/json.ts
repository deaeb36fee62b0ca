export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [member: string]: Json | undefined }

/** Turns inputs and answers into JSON values and back, for what JSON has no form of, such as a Map. superjson fits. */
export type Serializer = {
  serialize(value: unknown): unknown
  deserialize(json: unknown): unknown
}

export const plainJson: Serializer = {
  serialize: withoutCollections,
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

/**
 * The same value. JSON writes a Map and a Set as `{}`: an input with another one
 * would count as the same, and a replayed answer would be empty.
 *
 * @throws TypeError that names the first such collection
 */
function withoutCollections(value: unknown): unknown {
  const seen = new Set<object>()
  const left: unknown[] = [value]
  // A loop, because an input may be nested deeper than the stack is.
  while (left.length > 0) {
    const each = left.pop()
    if (typeof each !== 'object' || each === null || seen.has(each)) continue
    if ('toJSON' in each) continue
    if (!Array.isArray(each) && (Symbol.iterator in each || Symbol.asyncIterator in each)) {
      throw new TypeError(
        `A ${each.constructor.name} has no form in JSON; give createIdempotency a serializer, such as superjson.`,
      )
    }
    seen.add(each)
    for (const member of Object.values(each)) left.push(member)
  }
  return value
}
