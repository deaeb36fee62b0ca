import type { Random } from '@idem/test-support/random'
import { v7 } from 'uuid'
import { clientConnection, type Request } from '../load/client-connection.ts'
import { batchOf, post } from '../load/requests.ts'

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

type InputKind = keyof typeof inputsOf
const inputKinds = Object.keys(inputsOf) as InputKind[]
const quickKinds = inputKinds.filter((kind) => kind !== 'held keys')

const otherKinds = ['malformed requests', 'batches of ten', 'all kinds'] as const

export type Poison = InputKind | (typeof otherKinds)[number]

export const poisonKinds: readonly Poison[] = [...inputKinds, ...otherKinds]

/**
 * The next request of a client. A client that waits for a lock sends nothing else for
 * 1.5 s, so in a mix of kinds only every second client sends held keys.
 */
export function poisonOf(kind: Poison, context: PoisonContext, client: number): Request {
  const { random } = context
  switch (kind) {
    case 'malformed requests':
      return oneOf(random, malformed)
    case 'batches of ten':
      return create(tenOf(context, kindsOf(client)))
    case 'all kinds': {
      if (random.percent(15)) return poisonOf('batches of ten', context, client)
      return poisonOf(oneOf(random, ['malformed requests', ...kindsOf(client)]), context, client)
    }
    case 'keys of another time':
    case 'one id under many keys':
    case 'one key with other inputs':
    case 'odd titles':
    case 'ids of another time':
    case 'held keys':
      return create(inputsOf[kind](context))
  }
}

function kindsOf(client: number): readonly InputKind[] {
  return client % 2 === 0 ? inputKinds : quickKinds
}

function tenOf(context: PoisonContext, kinds: readonly InputKind[]): Input[] {
  const inputs: Input[] = []
  while (inputs.length < 10) inputs.push(...inputsOf[oneOf(context.random, kinds)](context))
  return inputs.slice(0, 10)
}

/** Creates the todo that some of the poison names. */
export async function existingTodo(
  url: string,
  random: Random,
): Promise<PoisonContext['existing']> {
  using client = await clientConnection(url)
  const [key, id] = [uuidAt(random, Date.now()), uuidAt(random, Date.now())]
  const title = 'Exists already'
  const { status, body } = await client.send(post('createTodo', { idempotencyKey: key, id, title }))
  if (status !== 200) throw new Error(`The todo to begin with was not made: ${status} ${body}`)
  return { id, key, title }
}

function create(inputs: readonly Input[]): Request {
  const [only] = inputs
  return inputs.length === 1
    ? post('createTodo', only)
    : post(batchOf('createTodo', inputs.length), { ...inputs })
}

function raw(path: string, body: string): Request {
  return { method: 'POST', path, body }
}

function read(path: string): Request {
  return { method: 'GET', path, body: '' }
}

const malformed: readonly Request[] = [
  raw('createTodo', '{broken'),
  raw('createTodo', ''),
  raw('createTodo', '[]'),
  raw('createTodo', '{"idempotencyKey":"a","title":"b"} and more'),
  raw('createTodo', '"\ud800"'),
  raw(batchOf('createTodo', 10), '{broken'),
  raw(batchOf('createTodo', 10), '{"0":{broken}}'),
  raw(batchOf('createTodo', 10), '[1,2,3]'),
  raw(batchOf('deleteTodo', 2), '{"0":null}'),
  read('listTodos?input={broken'),
  read('listTodos?input=%7Bbroken'),
  read('outcomeOf?input=%5B'),
  read('listTodos,policy?batch=1&input=%7Bbroken'),
  read('listTodos,getTodo?batch=1&input=%7B%220%22%3A1%7D'),
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

/** A UUIDv7 minted at that time, the same for the same seed. */
export function uuidAt(random: Random, msecs: number): string {
  return v7({ msecs, random: Uint8Array.from({ length: 16 }, () => random.between(0, 255)) })
}
