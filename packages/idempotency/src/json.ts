import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

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
 * object whose `toJSON` returns undefined or throws. Stored as nothing, a replay would have no answer.
 */
export function textOf(json: unknown): string {
  let cause: unknown
  try {
    const text = JSON.stringify(json)
    if (text !== undefined) return text
  } catch (error) {
    cause = error
  }
  throw new TypeError(`An answer must have a form in JSON; ${advice}`, { cause })
}

const advice = 'add the option `serializer`, such as superjson.'

type Role = 'input' | 'answer'

/** Returns the same value. */
function withForm(value: unknown, role: Role): unknown {
  expectForm(value, role)
  if (!isObject(value)) return value
  const seen = membersOf(value, role)
  if (seen === undefined) return value
  // No recursion, because an input may be nested deeper than the stack is. What is added meanwhile is visited as well.
  for (const each of seen) membersOf(each, role, seen)
  return value
}

/** Adds the members that are objects; most inputs and answers have none, and cost no allocation. */
function membersOf(owner: object, role: Role, seen?: Set<object>): Set<object> | undefined {
  let found = seen
  if ('toJSON' in owner) return found
  for (const name in owner) {
    // JSON writes the values of an object without regard to its type.
    const member = (owner as Record<string, unknown>)[name]
    expectForm(member, role, name)
    if (isObject(member)) found = (found ?? new Set()).add(member)
  }
  return found
}

/** JSON leaves it out or writes `{}`: the text of an answer would be empty, and inputs with different ones equal. */
function expectForm(value: unknown, role: Role, name?: string): void {
  const kind = isObject(value) ? kindWithoutForm(value) : typeof value
  // An answer is the same for every attempt, also without its functions.
  if (kind === undefined || !(isObject(value) || (role === 'input' && lost.test(kind)))) return
  const place = name === undefined ? 'An' : `The member "${name}" of an`
  throw new TypeError(`${place} ${role} is a ${kind}, which has no form in JSON; ${advice}`)
}

const lost = /function|symbol|bigint/

/** The class of an object that JSON writes as `{}` whatever it contains: a Map, a Blob, a Promise, an Error. */
function kindWithoutForm(value: object): string | undefined {
  if (Array.isArray(value) || 'toJSON' in value) return undefined
  const isIterable = Symbol.iterator in value || Symbol.asyncIterator in value
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  const kind = isPlain ? 'Object' : Object.prototype.toString.call(value).slice(8, -1)
  // A class of an application has no name there, and JSON writes the members of its objects.
  return isIterable || kind !== 'Object' ? kind : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * SHA-256 over `v1`, the operation and the canonical JSON of the input
 * (RFC 8785), so that members in another order are the same input and a
 * changed character is another one. In hexadecimal digits, which are made and sent in
 * a third of the time of a buffer; the statements convert them.
 */
export function fingerprintOf(operation: string, input: unknown): string {
  return hash('sha256', `v1\n${operation}\n${canonicalize(input)}`, 'hex')
}
