import { afterEach, expect, test, vi } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import type { PrismaClient } from './generated/client.ts'
import { prismaAdapter } from './prisma-adapter.ts'
import { post, postWorld } from './test-prisma.ts'
import { transactional } from './transactional.ts'

async function world(settings: { readonly max?: number } = {}) {
  const posts = await postWorld(settings)
  const { plain } = posts
  const db = transactional(plain)
  const onPlain = createIdempotency({ adapter: prismaAdapter(plain) })
  const { run } = createIdempotency({ adapter: prismaAdapter(db) })
  return {
    ...posts,
    db,
    runOn: (key: string, effect: (tx: Pick<PrismaClient, 'post'>) => Promise<unknown>) =>
      onPlain.run({ owner: 'ada', key, operation: 'createPost' }, effect),
    run: (key: string, effect: () => Promise<unknown>) =>
      run({ owner: 'ada', key, operation: 'createPost' }, effect),
  }
}

const sour = new Error('The milk is sour.')

class Declined extends Error {}

/** Three writes, the last of which is made long before it is awaited and so sent. */
async function writing(model: PrismaClient['post']): Promise<void> {
  const last = model.create({ data: post('last') })
  try {
    for (const title of ['first', 'second']) await model.create({ data: post(title) })
  } finally {
    // A rollback to the savepoint of the failed part is on its way by then.
    await new Promise(setImmediate)
    await last
  }
}

afterEach(() => vi.unstubAllEnvs())

test.for(['development', 'production'])(
  'an effect that used the global client and failed leaves no row, and its retry makes one, in %s',
  async (mode) => {
    vi.stubEnv('NODE_ENV', mode)
    await using it = await world()
    const { post: keptModel } = it.db
    const write = async () => {
      await it.db.post.create({ data: post('model') })
      await keptModel.create({ data: post('kept model') })
      await it.db
        .$executeRaw`insert into post (id, title) select gen_random_uuid(), 'raw' from post limit 1`
    }
    const failed = it.run('k', async () => {
      await write()
      throw sour
    })
    await expect(failed).rejects.toBe(sour)
    expect(await it.titles()).toEqual([])
    await it.run('k', write)
    expect((await it.run('k', write)).replayed).toBe(true)
    expect(await it.titles()).toEqual(['kept model', 'model', 'raw'])
  },
)

test('an effect that uses the global client does not wait for itself on a pool of one connection', async () => {
  await using it = await world({ max: 1 })
  await it.run('k', () => it.db.post.create({ data: post('milk') }))
  expect(await it.db.post.count()).toBe(1)
})

test('two effects at once are in two transactions, and others in none', async () => {
  await using it = await world()
  const written = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const counted = Promise.withResolvers<void>()
  const effectOf = (at: 0 | 1) => async () => {
    await it.db.post.create({ data: post(`of ${at}`) })
    written[at].resolve()
    await counted.promise
    const seen = await it.db.post.findMany()
    if (at === 1) throw sour
    return seen.map(({ title }) => title)
  }
  const effects = Promise.allSettled([it.run('k0', effectOf(0)), it.run('k1', effectOf(1))])
  await Promise.all(written.map(({ promise }) => promise))
  expect(await it.db.post.count()).toBe(0)
  counted.resolve()
  expect(await effects).toMatchObject([
    { status: 'fulfilled', value: { text: '["of 0"]' } },
    { status: 'rejected', reason: sour },
  ])
  expect(await it.titles()).toEqual(['of 0'])
})

test.for([
  [
    'a function',
    (it: World, title: string) => it.db.$transaction((tx) => tx.post.create({ data: post(title) })),
  ],
  [
    'calls',
    (it: World, title: string) => it.db.$transaction([it.db.post.create({ data: post(title) })]),
  ],
] as const)(
  'a $transaction of %s inside an effect is rolled back with it',
  async ([, transact]) => {
    await using it = await world({ max: 1 })
    const failed = it.run('k', async () => {
      await transact(it, 'inside')
      throw sour
    })
    await expect(failed).rejects.toBe(sour)
    expect(await it.titles()).toEqual([])
    await transact(it, 'outside')
    await it.run('k', () => transact(it, 'inside'))
    expect(await it.titles()).toEqual(['inside', 'outside'])
  },
)

test('a $transaction of calls on the transaction that an effect got is rolled back with the effect', async () => {
  await using it = await world()
  const adapter = prismaAdapter(it.plain)
  const failed = adapter.transaction(async (tx) => {
    await tx.$transaction([tx.post.create({ data: post('milk') })])
    throw sour
  })
  await expect(failed).rejects.toBe(sour)
  expect(await it.titles()).toEqual([])
})

test('a $transaction inside an effect that fails leaves nothing of itself, and the effect goes on', async () => {
  await using it = await world({ max: 1 })
  const failing = () =>
    it.db.$transaction(async (tx) => {
      await tx.post.create({ data: post('inner') })
      throw sour
    })
  await it.run('k', async () => {
    await it.db.$transaction(async (tx) => {
      await tx.post.create({ data: post('outer') })
      await expect(failing()).rejects.toBe(sour)
    })
    const both = it.db.$transaction(async (tx) => {
      await tx.post.create({ data: post('around') })
      await expect(failing()).rejects.toBe(sour)
      throw sour
    })
    await expect(both).rejects.toBe(sour)
  })
  expect(await it.titles()).toEqual(['outer'])
})

test.for([
  ['first', ['a', 'b']],
  ['last', ['b', 'a']],
] as const)(
  'two $transaction at once inside an effect end by themselves, also when the %s one fails',
  async ([, order]) => {
    await using it = await world({ max: 1 })
    await it.run('k', async () => {
      const part = (name: string) =>
        it.db.$transaction(async (tx) => {
          await tx.post.create({ data: post(`${name}1`) })
          await it.db.$transaction((inner) => inner.post.create({ data: post(`${name}2`) }))
          if (name === 'a') throw sour
        })
      const settled = await Promise.allSettled(order.map(part))
      expect(settled.map(({ status }) => status)).toEqual(
        order.map((name) => (name === 'a' ? 'rejected' : 'fulfilled')),
      )
    })
    expect(await it.titles()).toEqual(['b1', 'b2'])
  },
)

test('a $transaction that fails while another branch of it still writes leaves nothing', async () => {
  await using it = await world({ max: 1 })
  await it.run('k', async () => {
    let branch: Promise<unknown> | undefined
    const part = it.db.$transaction((tx) => {
      branch = writing(tx.post)
      return Promise.all([Promise.reject(sour), branch])
    })
    await expect(part).rejects.toBe(sour)
    await Promise.allSettled([branch])
    await it.db.post.create({ data: post('outside') })
  })
  expect(await it.titles()).toEqual(['outside'])
})

test.for([
  ['fails', 'its transaction', sour],
  ['fails', 'the global client', sour],
  ['declines', 'its transaction', new Declined('sold out')],
  ['declines', 'the global client', new Declined('sold out')],
] as const)(
  'an effect that %s while another branch of it still writes with %s leaves nothing',
  async ([, client, error]) => {
    await using it = await world()
    const { run } = createIdempotency({
      adapter: prismaAdapter(it.db),
      storeError: (thrown) => (thrown instanceof Declined ? thrown.message : undefined),
    })
    let branch: Promise<unknown> | undefined
    const sent = run({ owner: 'ada', key: 'k', operation: 'createPost' }, (tx) => {
      branch = writing(client === 'its transaction' ? tx.post : it.db.post)
      return Promise.all([Promise.reject(error), branch])
    })
    await expect(sent).rejects.toThrow()
    await Promise.allSettled([branch])
    expect(await it.titles()).toEqual([])
  },
)

test('a unique violation is caught around a $transaction, and the effect goes on', async () => {
  await using it = await world()
  const milk = post('milk')
  await it.db.post.create({ data: milk })
  await it.run('k', async () => {
    const again = it.db.$transaction((tx) => tx.post.create({ data: milk }))
    await expect(again).rejects.toMatchObject({ code: 'P2002' })
    await it.db.post.create({ data: post('bread') })
  })
  expect(await it.titles()).toEqual(['bread', 'milk'])
})

test('a $transaction inside an effect that asks for another isolation level is refused', async () => {
  await using it = await world()
  const serializable = it.run('k', () =>
    it.db.$transaction((tx) => tx.post.count(), { isolationLevel: 'Serializable' }),
  )
  await expect(serializable).rejects.toThrow('isolation level Serializable inside an effect')
})

test('work that an effect left behind writes nothing, whether the effect failed or was committed', async () => {
  await using it = await world()
  for (const fails of [true, false]) {
    let leftBehind: Promise<unknown> | undefined
    const ended = Promise.withResolvers<void>()
    const effect = it.run(`fails-${fails}`, async () => {
      leftBehind = ended.promise.then(() => it.db.post.create({ data: post(`fails: ${fails}`) }))
      if (fails) throw sour
    })
    await Promise.allSettled([effect])
    ended.resolve()
    await expect(leftBehind).rejects.toThrow('the end of its effect')
  }
  expect(await it.titles()).toEqual([])
})

test('an effect that ends while a $transaction inside it is running leaves nothing', async () => {
  await using it = await world()
  const leftBehind = Promise.withResolvers<unknown>()
  const ended = it.run('k', async () => {
    const written = Promise.withResolvers<void>()
    const part = it.db.$transaction(async (tx) => {
      await tx.post.create({ data: post('first half') })
      written.resolve()
      await new Promise(setImmediate)
      await tx.post.create({ data: post('second half') })
    })
    leftBehind.resolve(part)
    await written.promise
  })
  const [effect, rest] = await Promise.allSettled([ended, leftBehind.promise])
  expect(effect).toMatchObject({ reason: { message: expect.stringContaining('still running') } })
  expect(rest).toMatchObject({
    reason: { message: expect.stringContaining('the end of its effect') },
  })
  expect(await it.titles()).toEqual([])
})

test('creates that an effect sent and did not await are committed with it', async () => {
  await using it = await world()
  const titles = Array.from({ length: 8 }, (_, at) => `post ${at}`)
  const created: Promise<unknown>[] = []
  await it.run('k', async () => {
    for (const title of titles) created.push(it.db.post.create({ data: post(title) }).then())
  })
  expect(await Promise.all(created)).toMatchObject(titles.map((title) => ({ title })))
  expect(await it.titles()).toEqual(titles)
})

test('a list of calls that is refused does not reject twice', async () => {
  await using it = await world()
  const ended = Promise.withResolvers<void>()
  let leftBehind: Promise<unknown> | undefined
  await it.run('k', async () => {
    leftBehind = ended.promise.then(() =>
      it.db.$transaction([it.db.post.create({ data: post('milk') })]),
    )
  })
  ended.resolve()
  await expect(leftBehind).rejects.toThrow('the end of its effect')
})

type Job = () => Promise<unknown>

/** `fastq` and `async.queue` do this: the job of one caller starts in the context of another. */
function callbackQueue() {
  const waiting: (() => void)[] = []
  let isBusy = false
  const next = () => {
    isBusy = false
    waiting.shift()?.()
  }
  return (job: Job) =>
    new Promise((resolve, reject) => {
      const start = () => {
        isBusy = true
        void job().then(resolve, reject).then(next)
      }
      if (isBusy) waiting.push(start)
      else start()
    })
}

/** A loop that the first caller starts. */
function consumerLoop() {
  const waiting: { job: Job; resolve(answer: unknown): void; reject(error: unknown): void }[] = []
  let isRunning = false
  const consume = async () => {
    isRunning = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await next.job().then(next.resolve, next.reject)
    }
    isRunning = false
  }
  return (job: Job) =>
    new Promise((resolve, reject) => {
      waiting.push({ job, resolve, reject })
      if (!isRunning) void consume()
    })
}

/** A generator that is asked again before it has answered. */
function sharedGenerator() {
  const waiting: Job[] = []
  async function* answers() {
    for (;;) yield await waiting.shift()?.()
  }
  const answer = answers()
  return (job: Job) => {
    waiting.push(job)
    return answer.next()
  }
}

const queues = { callbackQueue, consumerLoop, sharedGenerator }

test.for(
  Object.entries(queues).flatMap(([name, newQueue]) =>
    (['first', 'second'] as const).map((failing) => ({ name, newQueue, failing })),
  ),
)(
  'a $name puts no write of one effect into another, of which the $failing fails',
  async ({ newQueue, failing }) => {
    await using it = await world()
    const push = newQueue()
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const effectOf = (title: 'first' | 'second', at: 0 | 1, last: () => Promise<unknown>) =>
      it.run(title, async () => {
        const pushed = push(async () => {
          await arrived[1].promise
          await it.db.post.create({ data: post(title) })
        })
        arrived[at].resolve()
        await Promise.allSettled([pushed, last()])
        await pushed
        if (title === failing) throw sour
      })
    const first = effectOf('first', 0, () => arrived[1].promise.then(() => second))
    await arrived[0].promise
    const second = effectOf('second', 1, async () => undefined)
    const settled = await Promise.allSettled([first, second])
    const acknowledged = ['first', 'second'].filter((_, at) => settled[at]?.status === 'fulfilled')
    expect(await it.titles()).toEqual(acknowledged)
  },
)

test('the transaction that an effect gets may be used behind a queue', async () => {
  await using it = await world()
  const { run } = createIdempotency({ adapter: prismaAdapter(it.db) })
  const push = callbackQueue()
  const results = await Promise.allSettled(
    ['a', 'b', 'c'].map((key) =>
      run({ owner: 'ada', key, operation: 'createPost' }, async (tx) => {
        await push(() => tx.post.create({ data: post(key) }))
        if (key === 'b') throw sour
      }),
    ),
  )
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await it.titles()).toEqual(['a', 'c'])
})

test('an effect awaits its calls in all the usual ways', async () => {
  await using it = await world()
  const count = () => it.db.post.count()
  const later = async (read: () => Promise<number> = count) => [await read(), await read()]
  async function* pages() {
    yield await count()
    yield* [await count()]
  }
  await it.run('k', async () => {
    await Promise.all([later(), Promise.allSettled([later(), count()]), Promise.any([later()])])
    await count().then(() => later())
    await new Promise((resolve, reject) => later().then(resolve, reject))
    await new Promise(setImmediate)
    for await (const page of pages()) expect(page).toBe(0)
    await it.db.$transaction(() => later(() => it.db.$transaction(() => count())))
    await it.db.$transaction(async () => {
      await Promise.all([it.db.$transaction(() => later()), it.db.$transaction(() => later())])
    })
    await it.db.$transaction([count(), count()])
  })
})

test('a method of the client that was kept in a variable is in the effect', async () => {
  await using it = await world()
  const { create } = it.db.post
  const failed = it.run('k', async () => {
    await create({ data: post('milk') })
    throw sour
  })
  await expect(failed).rejects.toBe(sour)
  expect(await it.titles()).toEqual([])
})

test('a second transactional client is refused inside an effect', async () => {
  await using it = await world()
  const second = transactional(it.plain.$extends({}))
  const escaping = it.run('k', () => second.post.create({ data: post('milk') }))
  await expect(escaping).rejects.toThrow('inside an effect of another client')
  expect(await it.titles()).toEqual([])
  await second.$disconnect()
})

test('outside an effect the client is the one that was given', async () => {
  await using it = await world()
  await it.db.post.create({ data: post('milk') })
  await it.db.$transaction(async (tx) => {
    await tx.post.create({ data: post('bread') })
    expect(await it.db.post.count()).toBe(1)
  })
  await it.db.$connect()
  expect(Object.keys(it.db.post)).toEqual(Object.keys(it.plain.post))
  expect(await it.titles()).toEqual(['bread', 'milk'])
  expect(() => it.db.$extends({})).toThrow('Extend a client before')
})

test('an extended client keeps its extensions inside an effect', async () => {
  await using it = await world()
  const loud = it.plain.$extends({
    query: {
      post: {
        create: ({ args, query }) => query({ ...args, data: { ...args.data, title: 'LOUD' } }),
      },
    },
    model: { post: { shout: () => 'POST' } },
  })
  const db = transactional(loud)
  const { run } = createIdempotency({ adapter: prismaAdapter(db) })
  await run({ owner: 'ada', key: 'k', operation: 'createPost' }, async () => {
    await db.post.create({ data: post('quiet') })
    return db.post.shout()
  })
  expect(await it.titles()).toEqual(['LOUD'])
})

test.for([
  ['a model', (it: World) => () => it.plain.post.create({ data: post('milk') })],
  [
    'a model that was kept in a variable',
    ({ plain: { post } }: World) =>
      () =>
        post.count(),
  ],
  ['a raw statement', (it: World) => () => it.plain.$queryRaw`select 1 as one`],
  ['a transaction', (it: World) => () => it.plain.$transaction([])],
] as const)(
  '%s of the client itself is refused inside an effect, and works outside',
  async ([, useOf]) => {
    await using it = await world()
    const use = useOf(it)
    const escaping = it.runOn('k', async () => use())
    await expect(escaping).rejects.toThrow('outside the transaction of the effect')
    await use()
    const inside = await it.runOn('k', (tx) => tx.post.create({ data: post('inside') }))
    expect(inside.replayed).toBe(false)
  },
)

test('an effect that runs another intent gives it a transaction of its own', async () => {
  await using it = await world()
  const failed = it.run('outer', async () => {
    await it.db.post.create({ data: post('outer') })
    await it.run('inner', () => it.db.post.create({ data: post('inner') }))
    await it.db.post.create({ data: post('outer again') })
    throw sour
  })
  await expect(failed).rejects.toBe(sour)
  expect(await it.titles()).toEqual(['inner'])
})

type World = Awaited<ReturnType<typeof world>>
