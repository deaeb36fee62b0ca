export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [member: string]: Json | undefined }

/** Converts inputs and answers to JSON values and back, for values that JSON lacks, such as a Map. superjson fits. */
export type Serializer = {
  serialize(value: unknown): unknown
  deserialize(json: unknown): unknown
}

export const plainJson: Serializer = {
  serialize: withoutCollections,
  // Parsed from a text that this package stored.
  deserialize: (json) => json,
}

/** The JSON value of an answer; null for an effect that returns nothing. */
export function jsonOf(value: unknown, serializer: Serializer): unknown {
  return serializer.serialize(value) ?? null
}

/**
 * The text to store for a JSON value.
 *
 * @throws TypeError for a value without a JSON form: a function, a bigint, a cycle, or an
 * object whose `toJSON` returns undefined. Stored as nothing, a replay would have no answer.
 */
export function textOf(json: unknown): string {
  const text = stringify(json)
  if (text === undefined) throw new TypeError(withoutForm(`this ${typeof json} has none`))
  return text
}

function stringify(json: unknown): string | undefined {
  try {
    return JSON.stringify(json)
  } catch (cause) {
    // A bigint, a cycle, or a `toJSON` that throws.
    throw new TypeError(withoutForm(Object(cause).message), { cause })
  }
}

function withoutForm(reason: string): string {
  return `An answer must have a form in JSON: ${reason}; return plain data, or add the option \`serializer\`.`
}

/**
 * Returns the same value. JSON writes a Map and a Set as `{}`: inputs with different
 * ones would count as equal, and a replayed answer would be empty.
 *
 * @throws TypeError that names the first such collection
 */
function withoutCollections(value: unknown): unknown {
  if (!isObject(value)) return value
  const left = membersOf(value)
  if (left.length === 0) return value
  const seen = new Set([value])
  // A loop, because an input may be nested deeper than the stack is.
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (seen.has(each)) continue
    seen.add(each)
    for (const member of membersOf(each)) left.push(member)
  }
  return value
}

const none: object[] = []

/** Members that are objects; most inputs and answers have none, and cost no allocation. */
function membersOf(owner: object): object[] {
  const isArray = Array.isArray(owner)
  if (!isArray && 'toJSON' in owner) return none
  if (!isArray && (Symbol.iterator in owner || Symbol.asyncIterator in owner)) {
    throw new TypeError(
      `A ${owner.constructor.name} has no form in JSON; add the option \`serializer\`, such as superjson.`,
    )
  }
  let members = none
  for (const name in owner) {
    // JSON writes the values of an object without regard to its type.
    const member = (owner as Record<string, unknown>)[name]
    if (!isObject(member)) continue
    if (members === none) members = []
    members.push(member)
  }
  return members
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
