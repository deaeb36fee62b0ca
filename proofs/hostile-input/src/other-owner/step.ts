import fc from 'fast-check'

/** A call; each number chooses a name of its kind. */
export type Call =
  | { readonly name: 'createTodo'; readonly word: number; readonly id?: number; readonly key: Key }
  | {
      readonly name: 'updateTodo'
      readonly todo: number
      readonly version?: number
      readonly word?: number
      readonly completed?: boolean
      readonly key?: number
    }
  | {
      readonly name: 'deleteTodo' | 'restoreTodo'
      readonly todo: number
      readonly version?: number
      readonly key?: number
    }
  | { readonly name: 'getTodo'; readonly todo: number }
  | {
      readonly name: 'listTodos'
      readonly cursor?: number
      readonly search?: number
      readonly show: 'all' | 'open' | 'done' | 'deleted'
      readonly limit: number
    }
  | { readonly name: 'outcomeOf' | 'cancel'; readonly key: Key }
  | { readonly name: 'policy' }

type Key = number

/** One request. Where a form does not support its calls, another one is used. */
export type Step = {
  readonly by: 'API key' | 'cookie'
  /** The account that the request names. Default: that of the caller. */
  readonly account: 'own' | 'other' | 'none'
  readonly form: 'REST' | 'single' | 'batch' | 'stream'
  readonly calls: readonly Call[]
}

const nth = fc.nat(99)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 })
const version = fc.integer({ min: 1, max: 3 })

function callOf<Name extends Call['name'], Members>(
  name: Name,
  members: { [Member in keyof Members]: fc.Arbitrary<Members[Member]> },
) {
  return fc.record({ name: fc.constant(name), ...members })
}

const aCall = fc.oneof(
  { weight: 7, arbitrary: callOf('createTodo', { word: nth, id: maybe(nth), key: nth }) },
  {
    weight: 4,
    arbitrary: callOf('updateTodo', {
      ...{ todo: nth, version: maybe(version), key: maybe(nth) },
      ...{ word: maybe(nth), completed: maybe(fc.boolean()) },
    }),
  },
  {
    weight: 3,
    arbitrary: callOf('deleteTodo', { todo: nth, version: maybe(version), key: maybe(nth) }),
  },
  {
    weight: 2,
    arbitrary: callOf('restoreTodo', { todo: nth, version: maybe(version), key: maybe(nth) }),
  },
  { weight: 3, arbitrary: callOf('getTodo', { todo: nth }) },
  {
    weight: 3,
    arbitrary: callOf('listTodos', {
      ...{ cursor: maybe(nth), search: maybe(nth), limit: fc.constantFrom(1, 2, 50) },
      show: fc.constantFrom('all', 'open', 'done', 'deleted'),
    }),
  },
  { weight: 2, arbitrary: callOf('outcomeOf', { key: nth }) },
  { weight: 1, arbitrary: callOf('cancel', { key: nth }) },
  { weight: 1, arbitrary: callOf('policy', {}) },
) as fc.Arbitrary<Call>

const aStep = fc.record({
  by: fc.constantFrom('API key', 'cookie'),
  account: fc.oneof(
    { weight: 18, arbitrary: fc.constant('own') },
    { weight: 1, arbitrary: fc.constantFrom('other', 'none') },
  ),
  form: fc.constantFrom('REST', 'single', 'single', 'batch', 'stream'),
  calls: fc.array(aCall, { minLength: 1, maxLength: 4 }),
}) as fc.Arbitrary<Step>

/** An earlier request once more, by its number. */
export type Repeat = { readonly again: number }

/** About twenty requests, which a failure shrinks to the few that are needed. */
export const sequences = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: aStep },
    { weight: 1, arbitrary: fc.record({ again: nth }) as fc.Arbitrary<Repeat> },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
)
