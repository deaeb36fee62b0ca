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
  serialize: (value) => value,
  // Parsed from a text that this package stored.
  deserialize: (json) => json,
}

/** The JSON value of an answer; null for an effect that returns nothing. */
export function jsonOf(value: unknown, serializer: Serializer): unknown {
  return withForm(serializer.serialize(value), 'answer') ?? null
}

/**
 * The JSON value of an input, by which it is compared.
 *
 * @throws TypeError that names the first member without a form in JSON: inputs that differ only there would count as equal
 */
export function jsonOfInput(value: unknown, serializer: Serializer): unknown {
  return withForm(serializer.serialize(value), 'input')
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

type Role = 'input' | 'answer'

/** Returns the same value. */
function withForm(value: unknown, role: Role): unknown {
  expectForm(value, role)
  if (!isObject(value)) return value
  const left = membersOf(value, role)
  if (left.length === 0) return value
  const seen = new Set([value])
  // A loop, because an input may be nested deeper than the stack is.
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (seen.has(each)) continue
    seen.add(each)
    for (const member of membersOf(each, role)) left.push(member)
  }
  return value
}

const none: object[] = []

/** Members that are objects; most inputs and answers have none, and cost no allocation. */
function membersOf(owner: object, role: Role): object[] {
  if (!Array.isArray(owner) && 'toJSON' in owner) return none
  let members = none
  for (const name in owner) {
    // JSON writes the values of an object without regard to its type.
    const member = (owner as Record<string, unknown>)[name]
    expectForm(member, role, name)
    if (!isObject(member)) continue
    if (members === none) members = []
    members.push(member)
  }
  return members
}

/** JSON leaves it out or writes `{}`: the text of an answer would be empty, and inputs with different ones equal. */
function expectForm(value: unknown, role: Role, name?: string): void {
  const kind = isObject(value) ? kindWithoutForm(value) : typeof value
  // An answer is the same for every attempt, also without its functions.
  const isLost = isObject(value) ? kind !== undefined : role === 'input' && lost.test(`${kind}`)
  if (!isLost) return
  const place = name === undefined ? `An ${role}` : `The member "${name}" of an ${role}`
  throw new TypeError(
    `${place} is a ${kind}, which has no form in JSON; add the option \`serializer\`, such as superjson.`,
  )
}

const lost = /^(function|symbol|bigint)$/

/** The class of an object that JSON writes as `{}` whatever it contains: a Map, a Blob, a Promise, an Error. */
function kindWithoutForm(value: object): string | undefined {
  if (Array.isArray(value) || 'toJSON' in value) return undefined
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  const isIterable = Symbol.iterator in value || Symbol.asyncIterator in value
  const tag = isPlain ? plain : Object.prototype.toString.call(value)
  return isIterable || tag !== plain ? (value.constructor?.name ?? tag) : undefined
}

/** An object of a class without a tag of its own, as applications write them. */
const plain = '[object Object]'

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
