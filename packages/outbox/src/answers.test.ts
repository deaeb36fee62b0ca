import { expect, test } from 'vitest'
import { NotAnsweredError, NotWrittenError } from './index.ts'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import {
  allSettled,
  answered,
  createLocks,
  createWorld,
  isWaiting,
  needsPerson,
  quiet,
  type Reply,
  refused,
  seen,
  words,
} from './test-world.ts'

const noNetwork = () => Promise.reject(new Error('no network'))
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('add returns a key at once, and each submission without a key gets another one', async () => {
  await using world = createWorld()
  const tab = world.open()
  const one = tab.add({ intent: { text: 'milk' } })
  const two = tab.add({ intent: { text: 'milk' } })
  expect(one.key).toMatch(uuidV7)
  expect(two.key).not.toBe(one.key)
  expect(tab.getSnapshot().entries.map(({ key, orderingKey }) => [key, orderingKey])).toEqual([
    [one.key, one.key],
    [two.key, two.key],
  ])
  await Promise.all([one.answer, two.answer])
  expect(world.attempts.map(({ key }) => key).sort()).toEqual([one.key, two.key].sort())
})

test('a submission without a member `intent` is a TypeError, and nothing is sent', async () => {
  await using world = createWorld()
  const tab = world.open()
  expect(() => tab.add({ text: 'milk' } as never)).toThrow(TypeError)
  expect(tab.getSnapshot().entries).toEqual([])
  await quiet(tab)
  expect(world.attempts).toEqual([])
})

test('add resolves with the answer, after any number of attempts', async () => {
  await using world = createWorld()
  world.serve = async () => (world.attempts.length < 2 ? noNetwork() : answered(7))
  const tab = world.open()
  const { written, answer } = tab.add(words('milk'))
  await written
  await seen(tab, isWaiting)
  world.advance(60_000)
  expect(await answer).toEqual({ version: 7 })
})

test('add resolves with the answer that another tab received', async () => {
  await using world = createWorld()
  const idle = world.open()
  idle.close()
  const { written, answer } = idle.add(words('milk'))
  await written
  const other = world.open()
  await allSettled(other)
  expect(world.attempts.map(({ tab }) => tab)).toEqual([2])
  idle.start()
  expect(await answer).toEqual({ version: 1 })
})

test('two entries of one ordering key that another tab sent get each their own answer', async () => {
  await using world = createWorld()
  world.serve = async () => answered(world.attempts.length)
  const idle = world.open()
  idle.close()
  const added = [words('make', 'milk'), words('drop', 'milk')].map((each) => idle.add(each))
  for (const { written } of added) await written
  await allSettled(world.open())
  idle.start()
  expect(await Promise.all(added.map(({ answer }) => answer))).toEqual([
    { version: 1 },
    { version: 2 },
  ])
})

test('an intent that is added again has the same answer, also after it was answered', async () => {
  await using world = createWorld()
  const tab = world.open()
  const [first, again] = [tab.add(words('milk')), tab.add(words('milk'))]
  expect(await Promise.all([first.answer, again.answer])).toEqual([{ version: 1 }, { version: 1 }])
  expect(await world.open().add(words('milk')).answer).toEqual({ version: 1 })
  expect(world.attempts).toHaveLength(1)
})

test('the answer of a refused intent rejects with the refusal once a person discards it', async () => {
  await using world = createWorld()
  world.serve = async () => refused('never', { retryAfterMs: 5 })
  const tab = world.open()
  const { answer } = tab.add(words('milk'))
  const ended = recordEnd(answer)
  await seen(tab, needsPerson)
  await quiet(tab)
  expect(ended).toEqual([])

  await tab.discard('key of milk')
  const error = await answer.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(NotAnsweredError)
  expect(error).toMatchObject({ reason: 'discarded', refusal: { retry: 'never', retryAfterMs: 5 } })
})

test.each(['in this tab', 'in another tab'])(
  'the answer of an intent that is discarded %s, unsent, rejects',
  async (where) => {
    await using world = createWorld()
    const tab = world.open()
    tab.close()
    const { key, written, answer } = tab.add(words('milk'))
    await written
    const other = where === 'in this tab' ? tab : world.open({}, { accepts: () => true })
    if (other !== tab) other.close()
    await other.discard(key)
    tab.start()
    await expect(answer).rejects.toMatchObject({ reason: 'discarded', refusal: undefined })
    expect(world.attempts).toEqual([])
  },
)

test('a discarded intent that had its effect first resolves with the answer', async () => {
  await using world = createWorld()
  let answer = (_: Reply) => {}
  world.serve = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const tab = world.open({ locks: createLocks() })
  const added = tab.add(words('milk'))
  await expect.poll(() => world.attempts.length).toBe(1)
  await tab.discard('key of milk')
  answer(answered(4))
  expect(await added.answer).toEqual({ version: 4 })
})

test('an answer that is no longer in the history is reported as unknown, not as discarded', async () => {
  await using world = createWorld()
  const idle = world.open()
  idle.close()
  const { written, answer } = idle.add(words('milk'))
  await written
  const other = world.open()
  for (let count = 1; count <= 50; count += 1) await other.add(words(`todo ${count}`)).answer
  await allSettled(other)
  idle.start()
  await expect(answer).rejects.toMatchObject({ name: 'NotAnsweredError', reason: 'unknown' })
})

test('when an intent is not written, both promises reject', async () => {
  await using world = createWorld()
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return { ...storage, write: () => Promise.reject(new Error('no room')) }
    },
  })
  const { written, answer } = tab.add(words('milk'))
  await expect(written).rejects.toBeInstanceOf(NotWrittenError)
  await expect(answer).rejects.toBeInstanceOf(NotWrittenError)
})

test('a rejected answer without a listener is no unhandled rejection', async () => {
  await using world = createWorld()
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  const tab = world.open()
  tab.close()
  await tab.add(words('milk')).written
  await tab.discard('key of milk')
  await quiet(tab)
  await new Promise(setImmediate)
  process.off('unhandledRejection', listener)
  expect(unhandled).toEqual([])
})

/** The state of a promise so far. */
function recordEnd(promise: Promise<unknown>): string[] {
  const ended: string[] = []
  promise.then(
    () => ended.push('resolved'),
    () => ended.push('rejected'),
  )
  return ended
}
