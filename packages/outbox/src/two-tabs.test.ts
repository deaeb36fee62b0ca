import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import {
  allSettled,
  answered,
  createLocks,
  createWorld,
  quiet,
  seen,
  type Tab,
} from './test-world.ts'

const orderingKeys = ['milk', 'bread'] as const
/** Fixed in a test run, new in a proof; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED)

/** Requests arrive in any order, answers get lost, pages die. Then the network heals. */
test.each([
  { with: 'with locks', locks: createLocks },
  { with: 'without locks', locks: () => undefined },
])(
  '$with, whatever happens, each intent is sent under one key, once in effect and in order',
  async ({ locks }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ orderingKey: fc.constantFrom(...orderingKeys), tab: fc.nat(1) }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.infiniteStream(fc.constantFrom('arrives', 'answer lost', 'request lost')),
        fc.option(fc.nat(5), { nil: Number.POSITIVE_INFINITY }),
        async (scheduler, submissions, fates, deathAt) => {
          await using world = createWorld()
          const shared = { locks: locks() }
          const effects = new Map<string, string>()
          let rounds = 0
          world.serve = async ({ key, intent }) => {
            const tab = world.attempts.at(-1)?.tab
            const fate = rounds < 8 ? fates.next().value : 'arrives'
            await scheduler.schedule(Promise.resolve(), `${key} ${fate}`)
            if (fate === 'request lost') throw new Error('request lost')
            if (!effects.has(key)) effects.set(key, intent.text)
            if (tab === 2 && rounds >= deathAt) return new Promise(() => undefined)
            if (fate === 'answer lost') throw new Error('answer lost')
            return answered(effects.size)
          }
          const tabs = [world.open(shared), world.open(shared)] as const

          for (const [index, { orderingKey, tab }] of submissions.entries()) {
            const submission = {
              key: `key-${index}`,
              orderingKey,
              intent: { text: `${orderingKey} ${index}` },
            }
            await (tabs[tab] ?? tabs[0]).add(submission).written
          }
          const survivor: Tab = tabs[0]
          await quiet(survivor)
          for (; survivor.getSnapshot().entries.length > 0; rounds += 1) {
            if (rounds === deathAt) tabs[1].close()
            await quiet(survivor)
            if (scheduler.count() > 0) await scheduler.waitOne()
            else world.advance(60_000)
          }

          expect([...effects.keys()].sort()).toEqual(submissions.map((_, index) => `key-${index}`))
          for (const orderingKey of orderingKeys) {
            const wanted = submissions.flatMap((one, index) =>
              one.orderingKey === orderingKey ? [`${orderingKey} ${index}`] : [],
            )
            expect([...effects.values()].filter((text) => text.startsWith(orderingKey))).toEqual(
              wanted,
            )
          }
          const sent = new Set(world.attempts.map(({ key, body }) => `${key} ${body}`))
          expect(sent.size).toBe(submissions.length)
        },
      ),
      { seed, numRuns: 60 },
    )
  },
)

test('with locks, two tabs do not send the same entry at once', async () => {
  await using world = createWorld()
  const locks = createLocks()
  const under = new Set<string>()
  world.serve = async ({ key }) => {
    expect(under).not.toContain(key)
    under.add(key)
    await quiet(one)
    under.delete(key)
    return answered(1)
  }
  const one = world.open({ locks })
  const two = world.open({ locks })
  await Promise.all(
    [one, two].map(
      (tab, index) =>
        tab.add({ key: `key-${index}`, orderingKey: 'milk', intent: { text: 'x' } }).written,
    ),
  )
  while (one.getSnapshot().entries.length > 0) await quiet(two)
  expect(world.attempts.map(({ key }) => key)).toEqual(['key-0', 'key-1'])
})

test('a write that was cut off but committed, and sent by another tab before this one reads it, is not given back', async () => {
  await using world = createWorld()
  let isCut = false
  const two = world.open()
  const one = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        async write(work) {
          const result = await storage.write(work)
          if (!isCut) return result
          isCut = false
          // Before this tab hears of it, the other has found the entry, sent it and put it away.
          two.retryNow()
          await seen(two, ({ outcomes }) => outcomes.length === 1)
          throw new DOMException('connection lost', 'UnknownError')
        },
      }
    },
  })
  await seen(one, ({ ready }) => ready)
  await quiet(one)
  isCut = true
  await one.add({ key: 'key', orderingKey: 'milk', intent: { text: 'milk' } }).written
  await allSettled(one)
  expect(world.attempts.map(({ key }) => key)).toEqual(['key'])
})
