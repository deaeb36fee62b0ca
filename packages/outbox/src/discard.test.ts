import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import {
  allSettled,
  answered,
  createLocks,
  createWorld,
  isEmpty,
  isWaiting,
  needsPerson,
  quiet,
  RefusedError,
  type Reply,
  refused,
  seen,
  soon,
  states,
  words,
} from './test-world.ts'

const noNetwork = () => Promise.reject(new Error('no network'))
const unexpected = async () => refused('same_key')

test('a discarded entry that was never sent is removed without cancelling', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const tab = world.open()
  await tab.add(words('make', 'milk')).written
  await tab.add(words('drop', 'milk')).written
  await quiet(tab)
  expect(await tab.discard('key of drop')).toBe(true)
  await seen(tab, ({ entries }) => entries.length === 1)
  expect(world.cancels).toEqual([])
})

test.each([
  ['unknown', noNetwork],
  ['refused with "try again"', unexpected],
  ['refused for good', async () => refused('never')],
  ['before a person', async () => refused('ask_person')],
])(
  'a discarded entry that is %s is cancelled by its key and removed',
  async (_, serve: () => Promise<Reply>) => {
    await using world = createWorld()
    world.serve = serve
    const tab = world.open()
    await tab.add(words('milk')).written
    await seen(tab, (snapshot) => isWaiting(snapshot) || needsPerson(snapshot))
    await quiet(tab)
    const before = world.attempts.length
    expect(await tab.discard('key of milk')).toBe(true)
    const { outcomes } = await soon(tab, isEmpty)
    expect(world.cancels).toMatchObject([{ key: 'key of milk' }])
    expect(outcomes).toEqual([])
    expect(world.attempts).toHaveLength(before)
  },
)

test('a discarded entry that had taken effect is marked in its outcome', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.cancel = async () => ({ state: 'answered', answer: { version: 3 } })
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  await tab.discard('key of milk')
  const { outcomes } = await allSettled(tab)
  expect(outcomes).toMatchObject([{ wasDiscarded: true, answer: { version: 3 } }])
})

test('an answer in progress during the discard is marked too', async () => {
  await using world = createWorld()
  let answer = (_: Reply) => {}
  world.serve = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const tab = world.open({ locks: createLocks() })
  await tab.add(words('milk')).written
  await expect.poll(() => world.attempts.length).toBe(1)
  await tab.discard('key of milk')
  answer(answered(4))
  const { outcomes } = await allSettled(tab)
  expect(outcomes).toMatchObject([{ wasDiscarded: true, answer: { version: 4 } }])
  expect(world.cancels).toEqual([])
})

test('a refusal in progress during the discard does not undo it', async () => {
  await using world = createWorld()
  let answer = (_: Reply) => {}
  world.serve = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const tab = world.open()
  await tab.add(words('milk')).written
  await expect.poll(() => world.attempts.length).toBe(1)
  world.cancel = noNetwork
  await tab.discard('key of milk')
  answer(refused('never'))
  await seen(tab, isWaiting)
  await quiet(tab)
  expect(tab.getSnapshot().entries).toMatchObject([{ isDiscarding: true }])
  world.cancel = async () => ({ state: 'cancelled' })
  world.advance(60_000)
  await allSettled(tab)
})

test('a discard outlives the page and is repeated until the server has answered; the intent is not sent again', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.cancel = noNetwork
  const before = world.open()
  await before.add(words('milk')).written
  await seen(before, isWaiting)
  await before.discard('key of milk')
  await expect.poll(() => world.cancels.length).toBeGreaterThan(0)
  await quiet(before)
  before.close()
  const sent = world.attempts.length

  const after = world.open()
  await seen(after, isWaiting)
  expect(after.getSnapshot().entries).toMatchObject([{ isDiscarding: true }])
  world.cancel = async () => ({ state: 'cancelled' })
  world.advance(60_000)
  await allSettled(after)
  expect(world.attempts).toHaveLength(sent)
})

test('an entry behind a discarded one waits until that is settled, and takes its version', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.cancel = noNetwork
  const tab = world.open()
  await tab.add(words('make', 'milk')).written
  await seen(tab, isWaiting)
  await tab.discard('key of make')
  await seen(tab, isWaiting)
  await tab.add(words('drop', 'milk')).written
  await quiet(tab)
  world.serve = async () => answered(9)
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['make'])
  world.cancel = async () => ({ state: 'answered', answer: { version: 5 } })
  world.advance(60_000)
  await allSettled(tab)
  expect(world.attempts.at(-1)?.body).toBe('{"text":"drop","version":5}')
})

test.each(['same_key', 'new_key'] as const)(
  'a cancel that is refused with "%s" is repeated under the same key',
  async (retry) => {
    await using world = createWorld()
    world.serve = noNetwork
    world.remint = async () => 'another key'
    world.cancel = async () => {
      if (world.cancels.length < 3) throw new RefusedError({ retry })
      return { state: 'cancelled' }
    }
    const tab = world.open()
    await tab.add(words('milk')).written
    await seen(tab, isWaiting)
    await tab.discard('key of milk')
    for (const times of [1, 2, 3]) {
      await expect.poll(() => world.cancels.length).toBe(times)
      await quiet(tab)
      world.advance(60_000)
    }
    await allSettled(tab)
    expect(new Set(world.cancels.map(({ key }) => key))).toEqual(new Set(['key of milk']))
  },
)

test('a cancel that is refused for good needs a person, who may try it again', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.cancel = async () => {
    throw new RefusedError({ retry: 'never' })
  }
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  await tab.discard('key of milk')
  await seen(tab, needsPerson)
  expect(tab.getSnapshot().entries).toMatchObject([{ isDiscarding: true }])
  world.cancel = async () => ({ state: 'cancelled' })
  await tab.retry('key of milk')
  await allSettled(tab)
})

test('an entry that fails on the server is repeated with back-off and can be discarded', async () => {
  await using world = createWorld()
  world.serve = unexpected
  const tab = world.open()
  await tab.add(words('milk')).written
  for (const times of [1, 2, 3]) {
    await seen(
      tab,
      ({ entries: [entry] }) => entry?.status.state === 'waiting' && entry.attempts === times,
    )
    await quiet(tab)
    if (times < 3) world.advance(60_000)
  }
  expect(world.attempts).toHaveLength(3)
  expect(await tab.discard('key of milk')).toBe(true)
  await allSettled(tab)
})

const withoutCancel = { cancel: undefined as never }

test('without `cancel`, a discard says that an entry without an answer may have taken effect, and that a refused one has not', async () => {
  await using world = createWorld()
  world.serve = async (sent) => (sent.intent.text === 'bad' ? refused('never') : noNetwork())
  const tab = world.open({}, withoutCancel)
  const [bad, lost] = [tab.add(words('bad')), tab.add(words('lost'))]
  const { entries } = await seen(tab, () => states(tab).join() === 'needs_person,waiting')
  expect(entries.map(({ isUnknown }) => isUnknown)).toEqual([false, true])
  expect(await tab.discard('key of lost')).toBe(true)
  expect(await tab.discard('key of bad')).toBe(true)
  await expect(bad.answer).rejects.toMatchObject({ reason: 'discarded' })
  await expect(lost.answer).rejects.toMatchObject({ reason: 'unknown' })
})

const expired = { code: 'key_expired' }
test.each([
  ['an expired key', refused('new_key', expired), { isUnknown: true, reason: 'unknown' }],
  ['a refusal without a code', refused('never'), { isUnknown: true, reason: 'unknown' }],
  [
    'a refusal of the server that owns the key',
    refused('never', { code: 'key_reused' }),
    { isUnknown: false, reason: 'discarded' },
  ],
])(
  'after an attempt without an answer and %s a discard says what is known',
  async (_, reply, expected) => {
    await using world = createWorld()
    world.serve = async () => (world.attempts.length === 1 ? noNetwork() : reply)
    const tab = world.open({}, withoutCancel)
    const { answer } = tab.add(words('milk'))
    await seen(tab, isWaiting)
    world.advance(60_000)
    const { entries } = await soon(tab, needsPerson)
    await tab.discard('key of milk')
    const { reason } = await answer.catch((error) => error)
    expect({ isUnknown: entries[0]?.isUnknown, reason }).toEqual(expected)
  },
)

test('an attempt that a page does not survive is unknown to the next page', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const before = world.open({}, withoutCancel)
  await before.add(words('milk')).written
  await expect.poll(() => world.attempts.length).toBe(1)
  before.close()
  world.serve = async () => refused('ask_person')
  const after = world.open({}, withoutCancel)
  await soon(after, needsPerson)
  expect(world.attempts.map(({ isUnknown }) => isUnknown)).toEqual([false, true])
  expect(after.getSnapshot().entries).toMatchObject([{ isUnknown: true }])
})

test('a person who tries a refused entry again may be refused again, without a doubt', async () => {
  await using world = createWorld()
  world.serve = async () => refused('ask_person')
  const tab = world.open({}, withoutCancel)
  const { answer } = tab.add(words('milk'))
  await soon(tab, needsPerson)
  await tab.retry('key of milk')
  await expect.poll(() => world.attempts.length).toBe(2)
  await soon(tab, needsPerson)
  expect(world.attempts.map(({ isUnknown }) => isUnknown)).toEqual([false, false])
  await tab.discard('key of milk')
  await expect(answer).rejects.toMatchObject({ reason: 'discarded' })
})

test('an entry discarded while it is being written is never sent', async () => {
  await using world = createWorld()
  const gate = Promise.withResolvers<void>()
  let writes = 0
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        async write(work) {
          writes += 1
          if (writes === 1) await gate.promise
          return storage.write(work)
        },
      }
    },
  })
  const { written, answer } = tab.add(words('milk'))
  await expect.poll(() => writes).toBe(1)
  expect(await tab.discard('key of milk')).toBe(true)
  gate.resolve()
  await written
  await expect(answer).rejects.toMatchObject({ reason: 'discarded' })
  await allSettled(tab)
  expect(world.attempts).toEqual([])
})

test('a discarded entry that is queued again after a refusal is cancelled by its key', async () => {
  await using world = createWorld()
  world.serve = async () => refused('never')
  const before = world.open()
  await before.add(words('milk')).written
  await seen(before, needsPerson)
  before.close()
  await before.retry('key of milk')
  await soon(before, () => states(before)[0] === 'queued')
  expect(await before.discard('key of milk')).toBe(true)
  await soon(world.open(), isEmpty)
  expect(world.cancels).toMatchObject([{ key: 'key of milk' }])
  expect(world.attempts).toHaveLength(1)
})
