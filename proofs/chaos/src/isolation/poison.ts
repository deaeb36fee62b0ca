import type { Random } from '@idem/test-support/random'
import { uuidAt } from './uuid-at.ts'

/** One request of a poison client. Its answer may be any refusal, but never a 500. */
export type PoisonRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string
}

export type PoisonContext = {
  readonly random: Random
  /** An existing todo, created before the first round. */
  readonly existing: { readonly id: string; readonly key: string; readonly title: string }
  /** Keys in an open transaction of another session. */
  readonly heldKeys: () => readonly string[]
}

type Input = Readonly<Record<string, unknown>>

const dayMs = 86_400_000
/** The first millisecond of the year 10000, and the last that a UUIDv7 can hold. */
const farFutureMs = [253_402_300_800_000, 2 ** 48 - 1] as const

/** The inputs of one request: one is sent alone, several as a batch. */
const inputsOf = {
  'keys of another time'({ random }) {
    const key = oneOf(random, [
      `ffffffff-ffff-7fff-bfff-${uuidAt(random, 0).slice(24)}`,
      uuidAt(random, random.between(...farFutureMs)),
      uuidAt(random, random.between(0, 1_000)),
      uuidAt(random, Date.now() + dayMs),
      // Just outside the window: older than the retention of 24 h less 1 h, and more than 5 min ahead, with
      // a margin of half a minute, because a waiting request comes nearer to the window.
      uuidAt(random, Date.now() - 23 * 3_600_000 - 1_000),
      uuidAt(random, Date.now() + 330_000),
    ])
    return [{ idempotencyKey: key, title: 'Key of another time' }]
  },

  'one id under many keys'({ random, existing }) {
    const title = random.percent(50) ? existing.title : 'Another title'
    if (random.percent(50)) return [{ ...newKey(random), id: existing.id, title }]
    const id = uuidAt(random, Date.now())
    const spellings = [id, id.toUpperCase(), id, id.toUpperCase()]
    return spellings.map((spelling) => ({ ...newKey(random), id: spelling, title: 'One new id' }))
  },

  'one key with other inputs'({ random, existing }) {
    const title = `Other input ${random.between(1, 1_000_000)}`
    if (random.percent(50)) return [{ idempotencyKey: existing.key, title }]
    const key = newKey(random)
    return [title, `${title}, and another`].map((each) => ({ ...key, title: each }))
  },

  'odd titles'({ random }) {
    return [{ ...newKey(random), title: oneOf(random, oddTitles) }]
  },

  'ids of another time'({ random }) {
    const times = [0, Date.now() - 366 * dayMs, Date.now() + 366 * dayMs]
    const id = uuidAt(random, oneOf(random, [...times, random.between(...farFutureMs)]))
    return [{ ...newKey(random), id, title: 'Id of another time' }]
  },

  'held keys'({ random, heldKeys }) {
    const held = heldKeys()
    if (held.length === 0) return [{ ...newKey(random), title: 'No key is held now' }]
    const calls = Array.from({ length: random.percent(50) ? 10 : 1 }, () => oneOf(random, held))
    return calls.map((idempotencyKey) => ({ idempotencyKey, title: 'Held elsewhere' }))
  },
} satisfies Record<string, (context: PoisonContext) => Input[]>

/** One kind of poison alone, by its name in a report. */
const single = {
  'malformed requests': ({ random }) => oneOf(random, malformed),
  'keys of another time': (context) => create(inputsOf['keys of another time'](context)),
  'one id under many keys': (context) => create(inputsOf['one id under many keys'](context)),
  'one key with other inputs': (context) => create(inputsOf['one key with other inputs'](context)),
  'odd titles': (context) => create(inputsOf['odd titles'](context)),
  'ids of another time': (context) => create(inputsOf['ids of another time'](context)),
  'held keys': (context) => create(inputsOf['held keys'](context)),
} satisfies Record<string, (context: PoisonContext) => PoisonRequest>

const { 'held keys': heldKeys, ...quick } = single

/**
 * Every kind of poison. A client that waits for a lock sends nothing else for
 * 1.5 s, so in a mix of kinds only every second client sends held keys.
 */
export const poisons = {
  ...single,
  'batches of ten': (context: PoisonContext, client: number) =>
    create(tenOf(context, client % 2 === 0 ? inputKinds : quickInputKinds)),
  'all kinds'(context: PoisonContext, client: number): PoisonRequest {
    if (context.random.percent(15)) return poisons['batches of ten'](context, client)
    const kinds = client % 2 === 0 ? [...Object.values(quick), heldKeys] : Object.values(quick)
    return oneOf<(context: PoisonContext) => PoisonRequest>(context.random, kinds)(context)
  },
}

export type Poison = keyof typeof poisons

const inputKinds = Object.keys(inputsOf) as (keyof typeof inputsOf)[]
const quickInputKinds = inputKinds.filter((kind) => kind !== 'held keys')

function tenOf(context: PoisonContext, kinds: readonly (keyof typeof inputsOf)[]): Input[] {
  const inputs: Input[] = []
  while (inputs.length < 10) inputs.push(...inputsOf[oneOf(context.random, kinds)](context))
  return inputs.slice(0, 10)
}

function create(inputs: readonly Input[]): PoisonRequest {
  const [only] = inputs
  return inputs.length === 1
    ? post('createTodo', JSON.stringify(only))
    : post(pathOf('createTodo', inputs.length), JSON.stringify({ ...inputs }))
}

function post(path: string, body: string): PoisonRequest {
  return { method: 'POST', path, body }
}

function get(path: string): PoisonRequest {
  return { method: 'GET', path, body: '' }
}

function pathOf(procedure: string, calls: number): string {
  return `${Array<string>(calls).fill(procedure).join(',')}?batch=1`
}

const malformed: readonly PoisonRequest[] = [
  post('createTodo', '{broken'),
  post('createTodo', ''),
  post('createTodo', '[]'),
  post('createTodo', '{"idempotencyKey":"a","title":"b"} and more'),
  post('createTodo', '"\ud800"'),
  post(pathOf('createTodo', 10), '{broken'),
  post(pathOf('createTodo', 10), '{"0":{broken}}'),
  post(pathOf('createTodo', 10), '[1,2,3]'),
  post(pathOf('deleteTodo', 2), '{"0":null}'),
  get('listTodos?input={broken'),
  get('listTodos?input=%7Bbroken'),
  get('outcomeOf?input=%5B'),
  get('listTodos,policy?batch=1&input=%7Bbroken'),
  get('listTodos,getTodo?batch=1&input=%7B%220%22%3A1%7D'),
]

const emoji = '\u{1f468}\u{1f3fd}'
const oddTitles: readonly string[] = [
  emoji.repeat(250),
  '\u05d0\u202e\u05d1\u2067'.repeat(125),
  `Z${'\u0300\u0315\u0489'.repeat(166)}`,
  'a'.repeat(501),
  '\ud800 alone',
  'alone \udfff',
  'a\u0000b',
  `  ${'\u3000'.repeat(500)}`,
  '',
]

function newKey(random: Random): { idempotencyKey: string } {
  return { idempotencyKey: uuidAt(random, Date.now()) }
}

function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[random.between(0, items.length - 1)]
  if (item === undefined) throw new Error('Expected at least one item to choose from.')
  return item
}
