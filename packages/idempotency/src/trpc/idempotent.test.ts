import { initTRPC } from '@trpc/server'
import type pg from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import type { Idempotency } from '../create-idempotency.ts'
import { createWorld } from '../test-world.ts'
import { idempotent } from './idempotent.ts'
import { routerOn } from './test-router.ts'

async function trpcWorld() {
  const world = await createWorld()
  return { world, ...routerOn(world), [Symbol.asyncDispose]: world[Symbol.asyncDispose] }
}

const milk = { name: 'milk', idempotencyKey: 'k' } as { name: string }

test('a mutation sent twice with one key has one effect and two equal answers', async () => {
  await using it = await trpcWorld()
  const first = await it.caller().make(milk)
  expect(first).toEqual({ name: 'milk', madeAt: expect.any(Date) })
  expect(await it.caller().make(milk)).toEqual(first)
  expect(await it.world.effects()).toBe(1)
  expect(it.counts).toEqual({ authorised: 2, after: 1, resolved: 1 })
})

test('twenty calls at once with one key have one effect', async () => {
  await using it = await trpcWorld()
  const answers = await Promise.all(Array.from({ length: 20 }, () => it.caller().make(milk)))
  expect(new Set(answers.map(({ madeAt }) => madeAt.getTime()))).toHaveLength(1)
  expect(await it.world.effects()).toBe(1)
})

test('a resolver that throws leaves no effect, and its key is free', async () => {
  await using it = await trpcWorld()
  const declined = { status: 'rejected', reason: { code: 'CONFLICT', message: 'Declined.' } }
  const calls = [it.caller().failing(milk), it.caller().failing(milk)]
  expect(await Promise.allSettled(calls)).toMatchObject([declined, declined])
  await expect(it.caller().failing(milk)).rejects.toThrow('Declined.')
  expect(await it.world.effects()).toBe(0)
  await it.caller().make(milk)
  expect(await it.world.effects()).toBe(1)
})

test('another input or another procedure under one key is refused', async () => {
  await using it = await trpcWorld()
  await it.caller().make(milk)
  for (const call of [
    () => it.caller().make({ ...milk, name: 'tea' }),
    () => it.caller().allowed(milk),
    () => it.caller({ key: 'k' }).text('milk'),
  ]) {
    await expect(call()).rejects.toMatchObject({
      code: 'UNPROCESSABLE_CONTENT',
      cause: { code: 'key_reused' },
    })
  }
  expect(await it.world.effects()).toBe(1)
})

test('a strict schema accepts the key, and one that declares it gets it', async () => {
  await using it = await trpcWorld()
  await it.caller().make(milk)
  const declared = { name: 'tea', idempotencyKey: 'other' }
  expect(await it.caller().declared(declared)).toBe('other')
  const unknown = { ...milk, idempotencyKey: 'third', more: 1 }
  await expect(it.caller().make(unknown)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  })
})

test('a key of the context names an input of any shape', async () => {
  await using it = await trpcWorld()
  const calls = [
    (key: string) => it.caller({ key }).text('milk'),
    (key: string) => it.caller({ key }).nothing(),
    (key: string) => it.caller({ key }).tags(new Map([['milk', 1]])),
  ]
  for (const [at, call] of calls.entries()) {
    const first = await call(`key ${at}`.replace(' ', '-'))
    expect(await call(`key-${at}`)).toEqual(first)
  }
  expect(await it.world.effects()).toBe(3)
  const other = it.caller({ key: 'key-2' }).tags(new Map([['milk', 2]]))
  await expect(other).rejects.toMatchObject({ cause: { code: 'key_reused' } })
})

test('two owners with the same key are independent', async () => {
  await using it = await trpcWorld()
  await it.caller().make(milk)
  await it.caller({ user: 'ben' }).make(milk)
  expect(await it.world.effects()).toBe(2)
})

test('a caller without permission gets no replay', async () => {
  await using it = await trpcWorld()
  await it.caller().make(milk)
  await expect(it.caller({ user: undefined }).make(milk)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  })
})

test('a mutation without a key is refused and changes nothing', async () => {
  await using it = await trpcWorld()
  await expect(it.caller().make({ name: 'milk' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringContaining('make needs an idempotency key; add idempotencyLink()'),
    cause: { code: 'key_missing' },
  })
  await expect(it.caller({ key: 'not a key' }).nothing()).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    cause: { code: 'key_malformed' },
  })
  expect(it.counts.resolved).toBe(0)
})

test('where a missing key is allowed, each call is an intent of its own, in a transaction', async () => {
  await using it = await trpcWorld()
  await it.caller().allowed({ name: 'milk' })
  await it.caller().allowed({ name: 'milk' })
  await it.caller().allowed(milk)
  await it.caller().allowed(milk)
  expect(await it.world.effects()).toBe(3)
  await expect(it.caller().allowed({ name: 'poison' })).rejects.toThrow()
  expect(await it.world.effects()).toBe(3)
})

test('a query passes, with the context that it has', async () => {
  await using it = await trpcWorld()
  expect(await it.caller().read()).toBe('read with none')
})

test('a form is refused as an input, and a stream as an answer', async () => {
  await using it = await trpcWorld()
  const form = new FormData()
  await expect(it.caller({ key: 'k' }).form(form)).rejects.toMatchObject({
    code: 'UNSUPPORTED_MEDIA_TYPE',
  })
  await expect(it.caller({ key: 'k' }).stream()).rejects.toThrow('must have a form in JSON')
  expect(await it.world.effects()).toBe(0)
})

test('after a schema the input is validated before its key is claimed', async () => {
  await using it = await trpcWorld()
  const call = (name: string) => it.caller().parsedFirst({ name, idempotencyKey: 'k' })
  await expect(call('')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  const first = await call('milk')
  expect(await call('milk')).toEqual(first)
  expect(await it.world.effects()).toBe(1)
})

test('after a schema that accepts anything the envelope of the link is a readable error', async () => {
  await using it = await trpcWorld()
  const sent = it.caller().anyFirst({ '~idem': 1, key: 'k', input: {} })
  await expect(sent).rejects.toThrow('put idempotent() before .input()')
  expect(await it.world.effects()).toBe(0)
})

test('a key that another server holds is refused as in progress within waitMs', async () => {
  await using it = await trpcWorld()
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const held = it.world.newServer().run({ key: 'k', owner: 'ann' }, async () => {
    claimed.resolve()
    await release.promise
  })
  await claimed.promise
  await expect(it.caller().make(milk)).rejects.toMatchObject({
    code: 'CONFLICT',
    cause: { code: 'in_flight', retry: 'same_key', retryAfterMs: 1_000 },
  })
  release.resolve()
  await held
})

test('a transaction that is rolled back at its commit is not run again, and its key, if it has one, may be sent', async () => {
  await using it = await trpcWorld()
  await it.world.admin.query(`
    create function public.lose() returns trigger language plpgsql as $$
    begin raise exception 'lost' using errcode = '40001'; end $$;
    create constraint trigger lose after insert on public.effect
      deferrable initially deferred for each row execute function public.lose()`)
  await expect(it.caller().make(milk)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    cause: { code: 'unavailable', retry: 'same_key' },
  })
  expect(it.counts.resolved).toBe(1)
  await expect(it.caller().allowed({ name: 'keyless' })).rejects.toMatchObject({
    cause: { code: 'unavailable', retry: 'ask_person', retryAfterMs: undefined },
  })
  await it.world.admin.query('drop trigger lose on public.effect')
  await it.caller().make(milk)
  expect(await it.world.effects()).toBe(1)
})

test('a serialization failure that the resolver wrapped in an error of its own is still known', async () => {
  await using it = await trpcWorld()
  await expect(it.caller({ key: 'k' }).wrapped()).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    cause: { code: 'unavailable', retry: 'same_key' },
  })
})

test('the types of a router stay, the context has the transaction, and an owner is required', () => {
  type Caller = ReturnType<ReturnType<typeof routerOn>['caller']>
  const caller = {} as Caller
  const idempotency = {} as Idempotency<pg.PoolClient>
  initTRPC
    .context<{ user: string }>()
    .create()
    .procedure.use(
      idempotent(idempotency, { owner: (ctx) => ctx.user, context: (tx) => ({ db: tx }) }),
    )
    .mutation(({ ctx }) => expectTypeOf(ctx).toEqualTypeOf<{ user: string; db: pg.PoolClient }>())
  // @ts-expect-error Without an owner, keys of strangers would meet.
  idempotent(idempotency, { context: (tx) => ({ db: tx }) })
  expectTypeOf(caller.make).parameter(0).toEqualTypeOf<{ name: string }>()
  expectTypeOf(caller.make).returns.resolves.toEqualTypeOf<{ name: string; madeAt: Date }>()
  expectTypeOf(caller.nothing).toBeCallableWith()
})
