import type pg from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import type { IdempotencyAdapter } from '../adapter.ts'
import { createIdempotency } from '../create-idempotency.ts'
import { createWorld } from '../test-world.ts'
import { type IdempotentActionOptions, idempotentAction } from './idempotent-action.ts'
import type { Refused } from './refused.ts'

type State = Partial<Refused> & { readonly title?: string; readonly createdAt?: number }
type Effect = (tx: pg.PoolClient, form: FormData) => Promise<State>
type Settings = Partial<IdempotentActionOptions> & {
  readonly effect?: Effect
  readonly waitMs?: number
}

/** A database and servers of an app with a form for posts. */
async function formWorld() {
  const world = await createWorld()
  let created = 0

  async function insertPost(tx: pg.PoolClient, form: FormData): Promise<State> {
    created += 1
    const title = String(form.get('title'))
    await tx.query('insert into effect values ($1)', [title])
    return { title, createdAt: created }
  }

  return {
    world,
    insertPost,
    /** The action of one server, in each of its three forms. */
    server({ effect = insertPost, owner = () => 'ann', onAnswer, waitMs }: Settings = {}) {
      const { idempotency } = world.newServer({ waitMs, rerun: 'default' })
      const options = { owner, onAnswer }
      return {
        stateful: idempotentAction(
          idempotency,
          { ...options, operation: 'createPost' },
          (tx, _owner, _: State, form: FormData) => effect(tx, form),
        ),
        bound: idempotentAction(
          idempotency,
          { ...options, operation: 'createPost' },
          (tx, _owner, _blog: string, _: State, form: FormData) => effect(tx, form),
        ),
        /** It has an argument of `bind` and no state. */
        remove: idempotentAction(
          idempotency,
          { ...options, operation: 'removePost' },
          async (tx, _owner, _id: string | number, form: FormData) => {
            const { redirect } = Object(await effect(tx, form))
            if (redirect) throw Object.assign(new Error('signal'), { digest: redirect })
          },
        ),
        plain: idempotentAction(
          idempotency,
          { ...options, operation: 'createPost' },
          async (tx, _, form: FormData) => {
            await effect(tx, form)
          },
        ),
      }
    },
    [Symbol.asyncDispose]: world[Symbol.asyncDispose],
  }
}

type Fields = Record<string, string | Blob | readonly string[]>

function formOf(fields: Fields, key = 'k'): FormData {
  const form = new FormData()
  form.set('idempotencyKey', key)
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) form.append(name, each as string | Blob)
  }
  return form
}

const milk = () => formOf({ title: 'milk' })

test('a form that is submitted twice has one effect and two equal answers, whatever the state', async () => {
  await using it = await formWorld()
  const { stateful } = it.server()
  const first = await stateful({}, milk())
  expect(first).toEqual({ title: 'milk', createdAt: 1 })
  expect(await stateful(first, milk())).toEqual(first)
  expect(await it.server().stateful({}, milk())).toEqual(first)
  expect(await it.world.effects()).toBe(1)
})

test('fifty submissions at once to two servers have one effect and one answer', async () => {
  await using it = await formWorld()
  const servers = [it.server(), it.server()]
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) => servers[at % 2]?.stateful({}, milk())),
  )
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveLength(1)
  expect(answers[0]).toMatchObject({ title: 'milk' })
  expect(await it.world.effects()).toBe(1)
})

const pairs: [Fields, Fields][] = [
  [{ title: 'milk' }, { title: 'tea' }],
  [{ title: 'milk' }, { title: 'milk', tag: 'a' }],
  [{ tag: ['a', 'b'] }, { tag: ['b', 'a'] }],
  [{ file: new Blob(['a']) }, { file: new Blob(['b']) }],
  [{ file: new File([], 'a') }, { file: new File([], 'b') }],
  [{ file: new Blob([]) }, { file: new Blob([], { type: 'a/b' }) }],
]

test('another value, field, order or file under one key is refused, and the refusal is the state', async () => {
  await using it = await formWorld()
  const { stateful } = it.server()
  for (const [at, [first, other]] of pairs.entries()) {
    await stateful({}, formOf(first, `k${at}`))
    expect(await stateful({}, formOf(other, `k${at}`))).toMatchObject({
      message: expect.stringContaining('used with another input'),
      refusal: { code: 'key_reused', retry: 'never', key: `k${at}` },
    })
  }
  expect(await it.world.effects()).toBe(pairs.length)
})

test('a bound argument is a part of the input', async () => {
  await using it = await formWorld()
  const { bound } = it.server()
  const first = await bound('cats', {}, milk())
  expect(await bound('cats', first, milk())).toEqual(first)
  expect(await bound('dogs', {}, milk())).toMatchObject({ refusal: { code: 'key_reused' } })
})

test.each([5, '5', 0, ''])(
  'an argument of bind (%j) of a plain form is a part of the input',
  async (id) => {
    await using it = await formWorld()
    const { remove } = it.server()
    await remove(id, formOf({}))
    await remove(id, formOf({}))
    await expect(remove(6, formOf({}))).rejects.toMatchObject({ code: 'key_reused' })
    expect(await it.world.effects()).toBe(1)
  },
)

test('an object that is bound to a plain form is a part of the input, and a state is not', async () => {
  await using it = await formWorld()
  const { remove } = it.server()
  const withObject = remove as unknown as (bound: unknown, form: FormData) => Promise<unknown>
  await withObject({ id: 5, at: [new Date(0), 5n] }, formOf({}))
  await withObject({ at: [new Date(0), 5n], id: 5 }, formOf({}))
  await expect(withObject({ id: 6 }, formOf({}))).rejects.toMatchObject({
    digest: 'IDEM_REFUSAL;key_reused;never',
  })
  // The states of an action that returns none: before, after, and after a refusal.
  for (const state of [{}, undefined, null, { message: 'Later.', refusal: {} }]) {
    await withObject(state, formOf({}))
  }
  expect(await it.world.effects()).toBe(1)
})

test('a redirect after an argument of bind is replayed for this argument only', async () => {
  await using it = await formWorld()
  const digest = 'NEXT_REDIRECT;push;/posts;1;307;'
  const { remove } = it.server({
    async effect(tx, form) {
      await it.insertPost(tx, form)
      return { redirect: digest } as State
    },
  })
  for (const _ of [1, 2]) await expect(remove('a', formOf({}))).rejects.toMatchObject({ digest })
  await expect(remove('b', formOf({}))).rejects.toMatchObject({ code: 'key_reused' })
})

test('a refusal of a plain form with an argument of bind is thrown, so that the page shows it', async () => {
  await using it = await formWorld()
  await expect(it.server().remove(5, formOf({}, ''))).rejects.toMatchObject({
    code: 'key_missing',
    digest: 'IDEM_REFUSAL;key_missing;never',
  })
})

test('an `onAnswer` that fails is reported, and the committed answer is returned', async () => {
  await using it = await formWorld()
  const warnings: string[] = []
  const listen = ({ message }: Error) => warnings.push(message)
  process.on('warning', listen)
  const failing = it.server({ onAnswer: () => Promise.reject(new Error('No cache.')) })
  expect(await failing.stateful({}, milk())).toMatchObject({ title: 'milk' })
  await expect
    .poll(() => warnings)
    .toEqual([expect.stringMatching(/onAnswer of createPost failed.*No cache\./)])
  process.off('warning', listen)
  const digest = 'NEXT_REDIRECT;push;/posts;1;307;'
  const redirecting = it.server({
    onAnswer: () => Promise.reject(Object.assign(new Error('signal'), { digest })),
  })
  await expect(redirecting.stateful({}, milk())).rejects.toMatchObject({ digest })
})

test('the order of the fields and the fields of Next are no part of the input', async () => {
  await using it = await formWorld()
  const { stateful } = it.server()
  const file = () => new File(['a'], 'a.txt', { type: 'text/plain' })
  const first = await stateful({}, formOf({ title: 'milk', file: file() }))
  const same = { $ACTION_KEY: 'x', '$ACTION_1:0': '{}', file: file(), title: 'milk' }
  expect(await stateful({}, formOf(same))).toEqual(first)
})

test('without a state a refusal is thrown, with a digest that reaches the page', async () => {
  await using it = await formWorld()
  const { plain } = it.server()
  await plain(milk())
  await expect(plain(formOf({ title: 'tea' }))).rejects.toMatchObject({
    code: 'key_reused',
    digest: 'IDEM_REFUSAL;key_reused;never',
  })
})

test.each([
  ['no key', '', 'key_missing'],
  ['a malformed key', 'two words', 'key_malformed'],
])('%s is refused before anything happens', async (_, key, code) => {
  await using it = await formWorld()
  const form = formOf({ title: 'milk' }, key)
  for (const state of [{}, { title: 'before' }]) {
    expect(await it.server().stateful(state, form)).toMatchObject({ refusal: { code } })
  }
  expect(await it.world.effects()).toBe(0)
})

test('a submission during another one is refused with its key, to be sent again', async () => {
  await using it = await formWorld()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const slow = it.server({
    async effect(tx, form) {
      begin()
      await released
      return it.insertPost(tx, form)
    },
  })
  const first = slow.stateful({}, milk())
  await begun
  expect(await it.server({ waitMs: 50 }).stateful({}, milk())).toMatchObject({
    refusal: { code: 'in_flight', retry: 'same_key', key: 'k', retryAfterMs: 1_000 },
  })
  release()
  expect(await it.server().stateful({}, milk())).toEqual(await first)
})

test('an error after the insert leaves no row, and the key is free', async () => {
  await using it = await formWorld()
  const failing = it.server({
    async effect(tx, form) {
      await it.insertPost(tx, form)
      throw new Error('No room.')
    },
  })
  await expect(failing.stateful({}, milk())).rejects.toThrow('No room.')
  expect(await it.world.effects()).toBe(0)
  expect(await it.server().stateful({}, milk())).toMatchObject({ title: 'milk' })
})

test('a redirect is committed and replayed, and another signal of Next rolls back', async () => {
  await using it = await formWorld()
  const digest = 'NEXT_REDIRECT;push;/posts;1;307;'
  const throwing = (error: Error) => async (tx: pg.PoolClient, form: FormData) => {
    await it.insertPost(tx, form)
    throw error
  }
  const signal = (digest: string) => Object.assign(new Error('signal'), { digest })
  const notFound = it.server({ effect: throwing(signal('NEXT_HTTP_ERROR_FALLBACK;404')) })
  await expect(notFound.stateful({}, milk())).rejects.toThrow('signal')
  expect(await it.world.effects()).toBe(0)

  const answered: string[] = []
  const redirecting = it.server({
    effect: throwing(signal(digest)),
    onAnswer: () => void answered.push('answer'),
  })
  await expect(redirecting.stateful({}, milk())).rejects.toMatchObject({ digest })
  await expect(redirecting.plain(milk())).rejects.toMatchObject({ digest })
  expect(answered).toHaveLength(2)
  expect(await it.world.effects()).toBe(1)
})

test('the answer is committed before `onAnswer`, which a replay calls too', async () => {
  await using it = await formWorld()
  const seen: number[] = []
  const { stateful } = it.server({
    onAnswer: async () => void seen.push(await it.world.effects()),
  })
  await stateful({}, milk())
  await stateful({}, milk())
  await stateful({}, formOf({ title: 'tea' }))
  expect(seen).toEqual([1, 1])
})

test('two owners use one key independently, and an owner that is refused claims nothing', async () => {
  await using it = await formWorld()
  const asBob = it.server({ owner: async () => 'bob' })
  const stranger = it.server({ owner: () => Promise.reject(new Error('Sign in.')) })
  await expect(stranger.stateful({}, milk())).rejects.toThrow('Sign in.')
  const answers = [await it.server().stateful({}, milk()), await asBob.stateful({}, milk())]
  expect(answers).toEqual([
    { title: 'milk', createdAt: 1 },
    { title: 'milk', createdAt: 2 },
  ])
})

test('an action that is called without a form says so', async () => {
  await using it = await formWorld()
  const { plain } = it.server()
  await expect(plain('milk' as never)).rejects.toThrow(/createPost must be a FormData/)
})

test('the types of React accept the actions, and no others', () => {
  const adapter = {} as IdempotencyAdapter<pg.PoolClient>
  const idempotency = createIdempotency({ adapter })
  const options = { owner: () => 'ann' }
  const plain = idempotentAction(
    idempotency,
    { ...options, operation: 'plain' },
    async (tx, owner, _form: FormData) => {
      expectTypeOf(tx).toEqualTypeOf<pg.PoolClient>()
      expectTypeOf(owner).toEqualTypeOf<string>()
    },
  )
  const stateful = idempotentAction(
    idempotency,
    { ...options, operation: 'stateful' },
    async (_tx, _owner, _state: State, _form: FormData) => ({ title: 'milk' }),
  )
  const bound = idempotentAction(
    idempotency,
    { ...options, operation: 'bound' },
    async (_tx, _owner, _blog: string, state: State, _form: FormData) => state,
  )
  const narrow = idempotentAction(
    idempotency,
    { ...options, operation: 'narrow' },
    async (_tx, _owner, state: { readonly title: string }, _form: FormData) => state,
  )
  const [state, submit] = useActionState(stateful, {})
  expectTypeOf(state).toEqualTypeOf<State>()
  expectTypeOf(submit).parameter(0).toEqualTypeOf<FormData>()
  useActionState(bound.bind(null, 'cats'), {})
  form({ action: plain })
  // @ts-expect-error A plain form does not show a state.
  form({ action: stateful })
  // @ts-expect-error The argument of `bind` is a string.
  useActionState(bound.bind(null, 1), {})
  // @ts-expect-error The state has no room for a refusal.
  useActionState(narrow, { title: '' })
  // @ts-expect-error Without an owner, keys of strangers would meet.
  idempotentAction(idempotency, { operation: 'ownerless' }, async () => undefined)
  const remove = idempotentAction(
    idempotency,
    { ...options, operation: 'remove' },
    async (_tx, _owner, _id: string | number, _form: FormData) => {},
  )
  form({ action: remove.bind(null, 5) })
  const counter = async (_tx: pg.PoolClient, _owner: string, _state: number, _form: FormData) => 1
  // @ts-expect-error A state is an object; a number is an argument of `bind`.
  idempotentAction(idempotency, { ...options, operation: 'counter' }, counter)
  // biome-ignore lint/suspicious/noExplicitAny: As the documentation of Next types a state.
  const untyped = async (_tx: pg.PoolClient, _owner: string, state: any, _form: FormData) => state
  idempotentAction(idempotency, { ...options, operation: 'untyped' }, untyped)
  const confused = async (_tx: pg.PoolClient, _owner: string, _post: { id: 5 }, _: FormData) => {}
  // @ts-expect-error Nothing distinguishes an object of `bind` from a state.
  idempotentAction(idempotency, { ...options, operation: 'confused' }, confused)
})

/** Typed as in React. */
function useActionState<S, Payload>(
  _action: (state: Awaited<S>, payload: Payload) => S | Promise<S>,
  state: Awaited<S>,
): [state: Awaited<S>, dispatch: (payload: Payload) => void] {
  return [state, () => {}]
}

function form(_props: { readonly action: (form: FormData) => void | Promise<void> }): void {}
