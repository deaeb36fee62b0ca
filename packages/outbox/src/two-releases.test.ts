import { expect, test } from 'vitest'
import { createOutbox } from './create-outbox.ts'
import type { OutboxOptions } from './outbox.ts'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import type { Row } from './storage/rows.ts'
import {
  allSettled,
  answered,
  createWorld,
  isEmpty,
  quiet,
  refused,
  seen,
  soon,
  states,
  words,
} from './test-world.ts'

type Options = Partial<OutboxOptions<{ text: string }, { version: number }, { retry: 'never' }>>

/** This release knows these; texts of the next release begin with "new". */
const thisRelease = {
  accepts: (intent: unknown) => !(intent as { text: string }).text.startsWith('new'),
  acceptsAnswer: (answer: unknown) =>
    typeof (answer as { version?: unknown })?.version === 'number',
} satisfies Options

const databaseOf = ({ name }: { name: string }) => openIndexedStorage(`idem-outbox-${name}`)

test('an intent of the next release is not touched, shown, and blocks only its own ordering key', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  const next = world.open()
  await next.add(words('new update', 'milk')).written
  await next.add(words('drop', 'milk')).written
  await seen(next, () => states(next).join() === 'waiting,queued')
  await quiet(next)
  next.close()

  world.serve = async () => answered(1)
  world.attempts.length = 0
  const old = world.open({}, thisRelease)
  await old.add(words('other')).written
  const { newer, entries } = await seen(old, ({ outcomes }) => outcomes.length === 1)
  await quiet(old)
  world.advance(600_000)
  await quiet(old)
  expect(newer).toMatchObject([{ id: 'key of new update', orderingKey: 'milk' }])
  expect(entries.map(({ intent }) => intent.text)).toEqual(['drop'])
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['other'])
  old.close()

  await allSettled(world.open())
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['other', 'new update', 'drop'])
})

test('an entry of the next release cannot be discarded or sent again by this one', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  await world.open().add(words('new update', 'milk')).written
  const old = world.open({}, thisRelease)
  await seen(old, ({ newer }) => newer.length === 1)
  expect(await old.discard('key of new update')).toBe(false)
  await old.retry('key of new update')
  await quiet(old)
  expect(old.getSnapshot().newer).toHaveLength(1)
})

test('an entry is migrated to this release only before its first sending, and keeps its bytes afterwards', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  const before = world.open()
  await before.add(words('old sent', 'milk')).written
  await before.add(words('old unsent', 'milk')).written
  await seen(before, () => states(before).join() === 'waiting,queued')
  before.close()

  world.serve = async () => answered(1)
  const after = world.open(
    {},
    {
      migrate: (intent) => ({
        text: String((intent as { text: string }).text).replace('old', 'new'),
      }),
    },
  )
  await soon(after, isEmpty)
  expect(world.attempts.map(({ body }) => body)).toEqual([
    '{"text":"old sent"}',
    '{"text":"old sent"}',
    '{"text":"new unsent","version":1}',
  ])
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual([
    'old sent',
    'old sent',
    'new unsent',
  ])
})

test('an unreadable answer counts as none: the intent is sent until there is a readable one', async () => {
  await using world = createWorld()
  world.serve = async () =>
    world.attempts.length === 1 ? { state: 'answered', answer: undefined as never } : answered(1)
  const tab = world.open({}, thisRelease)
  await tab.add(words('milk')).written
  await soon(tab, () => states(tab)[0] === 'waiting')
  world.advance(60_000)
  const { outcomes } = await allSettled(tab)
  expect(outcomes).toMatchObject([{ answer: { version: 1 } }])
})

test('an unreadable outcome is ignored, in the snapshot and for the next version', async () => {
  await using world = createWorld()
  const outcome = { account: '', settledAt: 1 }
  const spoilt = [
    { ...outcome, orderingKey: 'milk', intent: { text: 'make' }, answer: 'nonsense' },
    { ...outcome, orderingKey: 'tea', intent: { text: 'new update' }, answer: { version: 8 } },
    { orderingKey: 'bread' },
  ]
  const disk = await databaseOf(world)
  for (const row of spoilt) await disk.write((tables) => tables.put('outcomes', row))
  const tab = world.open({}, thisRelease)
  await seen(tab, ({ ready }) => ready)
  expect(tab.getSnapshot().outcomes).toEqual([])
  await tab.add(words('drop', 'milk')).written
  await allSettled(tab)
  expect(world.attempts.map(({ body }) => body)).toEqual(['{"text":"drop"}'])
})

test.each([
  { schema: 2, id: 'a', orderingKey: 'milk', status: 'elsewhere' },
  { schema: 1, id: 'a', orderingKey: 'milk', status: { state: 'paused' } },
  { id: 'a', orderingKey: 'milk' },
])('an entry that cannot be read is left alone, and shown: %o', async (row: Row) => {
  await using world = createWorld()
  const disk = await databaseOf(world)
  await disk.write((tables) => tables.put('entries', row))
  const tab = world.open({}, thisRelease)
  await tab.add(words('behind', 'milk')).written
  await tab.add(words('other')).written
  await seen(tab, ({ outcomes }) => outcomes.length === 1)
  await quiet(tab)
  expect(tab.getSnapshot().newer).toMatchObject([{ id: 'a', orderingKey: 'milk' }])
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['other'])
})

test('unknown advice is no answer, and no failure', async () => {
  await using world = createWorld()
  world.serve = async () =>
    world.attempts.length === 1 ? refused('some_day' as never) : answered(1)
  const tab = world.open()
  await tab.add(words('milk')).written
  const { entries } = await seen(tab, () => states(tab)[0] === 'waiting')
  expect(entries[0]).toMatchObject({ lastError: { kind: 'no_answer' } })
  world.advance(60_000)
  await allSettled(tab)
})

test('a name and `send` are enough', async () => {
  await using world = createWorld()
  const bodies: string[] = []
  const outbox = createOutbox<{ text: string }, { version: number }>({
    name: world.name,
    platform: world.platform(),
    async send({ body }) {
      bodies.push(body)
      if (bodies.length === 1) throw new Error('lost')
      return { version: 1 }
    },
  })
  const stop = outbox.start()
  await outbox.add({ key: 'k', intent: { text: 'milk' } }).written
  await expect.poll(() => outbox.getSnapshot().entries[0]?.status.state).toBe('waiting')
  world.advance(60_000)
  await expect.poll(() => outbox.getSnapshot().entries).toEqual([])
  expect(bodies).toEqual(['{"text":"milk"}', '{"text":"milk"}'])
  stop()
})
