import fc from 'fast-check'
import { v7 } from 'uuid'
import { z } from 'zod'

/** A few values that repeat, so that calls share todos and keys. */
const ids = Array.from({ length: 6 }, () => v7())
const keys = Array.from({ length: 6 }, () => v7())

/** Values that have caused bugs elsewhere. */
const infamous = [
  '',
  ' ',
  '\0',
  '__proto__',
  'constructor',
  'null',
  "' or 1=1 --",
  '\u202e',
  '\ufeff',
  '🥛'.repeat(501),
  'x'.repeat(5_000),
  '%',
  '..',
  '\ud800',
]

/** Inputs that the schema accepts, as far as JSON Schema can express it. */
export function arbitraryOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  return of(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
}

/** Inputs with one fault: a member of another type, a missing or an additional member, or another value. */
export function nearly(schema: z.ZodType): fc.Arbitrary<unknown> {
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(...infamous))
  const strange = fc.constantFrom('owner', 'createdAt', '__proto__', 'constructor', 'toString', '')
  const bent = fc
    .tuple(arbitraryOf(schema), fc.nat(), strange, anything, fc.constantFrom('set', 'drop', 'add'))
    .map(([input, at, name, value, how]) => {
      const members = Object.entries(Object(input))
      const [chosen = name] = members[at % Math.max(members.length, 1)] ?? []
      const others = members.filter(([other]) => other !== chosen)
      if (how === 'drop') return Object.fromEntries(others)
      // So that even `__proto__` becomes a member and not the prototype.
      return Object.fromEntries(
        how === 'set' ? [...others, [chosen, value]] : [...members, [name, value]],
      )
    })
  return fc.oneof({ weight: 4, arbitrary: bent }, { weight: 1, arbitrary: anything })
}

type Json = z.core.JSONSchema.BaseSchema

function of(schema: Json): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, member]) => [
            name,
            of(Object(member)),
          ]),
        ),
        { requiredKeys: schema.required ?? [] },
      )
    case 'integer':
      return fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer(rangeOf(schema)))
    case 'boolean':
      return fc.boolean()
    case 'string':
      return text(schema)
    default:
      throw new Error(`Expected a supported schema, received ${JSON.stringify(schema)}.`)
  }
}

function rangeOf({ minimum, maximum }: Json) {
  return {
    ...(minimum === undefined ? {} : { min: minimum }),
    ...(maximum === undefined ? {} : { max: maximum }),
  }
}

function text({ format, pattern }: Json): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.constantFrom(...ids)
  if (pattern !== undefined) {
    return fc.oneof(fc.constantFrom(...keys), fc.stringMatching(new RegExp(pattern)))
  }
  return fc.oneof(
    fc.constantFrom(...ids),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc.constantFrom(...infamous),
  )
}
