/** `idempotencyLink()` sends it in place of an input, which may have any shape: a string, a Map, nothing. */
type Envelope = { readonly '~idem': 1; readonly key: string; readonly input?: unknown }

export type KeyedInput = {
  /** Undefined when the call has none. Not checked yet: it comes from outside. */
  readonly key: unknown
  /** The input without its key, to be compared with that of another attempt. */
  readonly compared: unknown
  /** The input for the procedure. */
  readonly handedOn: unknown
}

export function isEnvelope(raw: unknown): raw is Envelope {
  return isPlainObject(raw) && raw['~idem'] === 1 && 'key' in raw
}

/** The key of a call, in the envelope of the link or as the member `idempotencyKey` of an object. */
export function keyedInput(raw: unknown): KeyedInput {
  const { key, input } = isEnvelope(raw) ? raw : { key: undefined, input: raw }
  if (!isPlainObject(input) || input.idempotencyKey === undefined) {
    return { key, compared: input, handedOn: input }
  }
  const { idempotencyKey, ...compared } = input
  // A schema that declares the key can read it, and a strict one that does not declare it cannot see it.
  const handedOn = Object.defineProperty({ ...compared }, 'idempotencyKey', {
    value: idempotencyKey,
  })
  // The member takes precedence: the caller that sets it knows the intent, the link knows only the call.
  return { key: idempotencyKey, compared, handedOn }
}

/** Whether it is a stream or a form, which JSON writes as `{}`: any other one would count as the same input. */
export function hasNoJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return (
    value instanceof FormData ||
    value instanceof Blob ||
    value instanceof ReadableStream ||
    Symbol.asyncIterator in value
  )
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
