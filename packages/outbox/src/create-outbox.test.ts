import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import { createStore } from './storage/store.ts'
import {
  allSettled,
  answered,
  anyReader,
  createLocks,
  createWorld,
  isWaiting,
  quiet,
  type Reply,
  refused,
  seen,
  states,
  words,
} from './test-world.ts'

const waiting = { entries: [{ status: { state: 'waiting' } }] }

test('an intent is in the snapshot at once, on disk before it is sent, and removed when it is answered', async () => {
  await using world = createWorld()
  const disk = createStore(await openIndexedStorage(`idem-outbox-${world.name}`), anyReader)
  let onDisk: unknown
  world.serve = async () => {
    onDisk = (await disk.read()).entries
    return answered(7)
  }
  const tab = world.open()

  const added = tab.add(words('milk')).written
  expect(states(tab)).toEqual(['queued'])
  await added
  const { outcomes, durable } = await allSettled(tab)

  expect(onDisk).toMatchObject([{ key: 'key of milk', body: '{"text":"milk"}', attempts: 1 }])
  expect(outcomes).toMatchObject([{ orderingKey: 'milk', answer: { version: 7 } }])
  expect(durable).toBe(true)
})

test('after a lost answer the same key and the same bytes are sent again', async () => {
  await using world = createWorld()
  world.serve = async () => {
    if (world.attempts.length < 3) throw new Error('socket hang up')
    return answered(1)
  }
  const tab = world.open()
  await tab.add(words('milk')).written
  for (const attempt of [1, 2]) {
    await seen(
      tab,
      ({ entries: [entry] }) => entry?.status.state === 'waiting' && entry.attempts === attempt,
    )
    world.advance(60_000)
  }
  await allSettled(tab)

  expect(world.attempts).toHaveLength(3)
  expect(new Set(world.attempts.map(({ key, body }) => `${key} ${body}`))).toHaveLength(1)
})

test.each(['AbortError', 'TimeoutError', 'TypeError', 'SyntaxError', '400 Bad Request'])(
  'an attempt that ends in %s is unknown, not failed: it waits and is repeated',
  async (name) => {
    await using world = createWorld()
    world.serve = async () => {
      if (world.attempts.length === 1) throw new DOMException(`${name} 400 404`, name)
      return answered(1)
    }
    const tab = world.open()
    await tab.add(words('milk')).written
    const snapshot = await seen(tab, isWaiting)
    expect(snapshot).toMatchObject({ entries: [{ lastError: { kind: 'no_answer' } }] })
    world.advance(60_000)
    await allSettled(tab)
  },
)

test('an attempt that never ends is aborted and repeated', async () => {
  await using world = createWorld()
  let aborted = false
  world.serve = (_sent, signal) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return world.attempts.length === 1 ? new Promise(() => undefined) : Promise.resolve(answered(1))
  }
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, ({ entries: [entry] }) => entry?.status.state === 'sending')
  await quiet(tab)
  world.advance(13_000)
  expect(await seen(tab, isWaiting)).toMatchObject(waiting)
  expect(aborted).toBe(true)
  world.advance(60_000)
  await allSettled(tab)
})

test('an intent is never dropped, however often it fails', async () => {
  await using world = createWorld()
  world.serve = async () => {
    if (world.attempts.length <= 100) throw new Error('no network')
    return answered(1)
  }
  const tab = world.open()
  await tab.add(words('milk')).written
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    await seen(
      tab,
      ({ entries: [entry] }) => entry?.status.state === 'waiting' && entry.attempts === attempt,
    )
    world.advance(60_000)
  }
  await allSettled(tab)
  expect(new Set(world.attempts.map(({ key }) => key))).toHaveLength(1)
})

test('a page that dies while sending leaves its entry to the next one, under the same key', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const dying = world.open()
  await dying.add(words('milk')).written
  await seen(dying, ({ entries: [entry] }) => entry?.status.state === 'sending')
  dying.close()

  world.serve = async () => answered(1)
  await allSettled(world.open())
  expect(world.attempts.map(({ key, body, tab }) => [tab, key, body])).toEqual([
    [1, 'key of milk', '{"text":"milk"}'],
    [2, 'key of milk', '{"text":"milk"}'],
  ])
})

test('a reload ends the waits of the page before it', async () => {
  await using world = createWorld()
  world.serve = async () => Promise.reject(new Error('no network'))
  const before = world.open()
  await before.add(words('milk')).written
  await seen(before, isWaiting)
  before.close()

  world.advance(1)
  world.serve = async () => answered(1)
  await allSettled(world.open())
})

test('waits end when the network is back, when the page is shown, and when a person asks for it', async () => {
  await using world = createWorld()
  world.serve = async () => Promise.reject(new Error('no network'))
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)

  world.advance(1)
  world.wake()
  await seen(
    tab,
    ({ entries: [entry] }) => entry?.status.state === 'waiting' && entry.attempts === 2,
  )
  world.serve = async () => answered(1)
  world.advance(1)
  tab.retryNow()
  await allSettled(tab)
})

test('a wait that the server asked for survives changes of the network; only a person ends it', async () => {
  await using world = createWorld()
  world.serve = async () => refused('same_key', { retryAfterMs: 30_000 })
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)

  world.advance(29_000)
  world.wake()
  await quiet(tab)
  expect(world.attempts).toHaveLength(1)

  tab.retryNow()
  await seen(
    tab,
    ({ entries: [entry] }) => entry?.status.state === 'waiting' && entry.attempts === 2,
  )
  world.serve = async () => answered(1)
  world.advance(31_000)
  await allSettled(tab)
})

test('entries of one ordering key are sent in order, each after the previous answer and with its version', async () => {
  await using world = createWorld()
  const answers: ((reply: Reply) => void)[] = []
  world.serve = () => new Promise((resolve) => answers.push(resolve))
  const tab = world.open()
  await tab.add(words('make', 'milk')).written
  await tab.add(words('drop', 'milk')).written
  await seen(tab, ({ entries: [entry] }) => entry?.status.state === 'sending')
  await quiet(tab)
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['make'])

  answers[0]?.(answered(41))
  await seen(
    tab,
    ({ entries: [entry] }) => entry?.intent.text === 'drop' && entry.status.state === 'sending',
  )
  await quiet(tab)
  expect(world.attempts[1]?.body).toBe('{"text":"drop","version":41}')
  answers[1]?.(answered(42))
  await allSettled(tab)
})

test('a frozen version is sent again, not replaced', async () => {
  await using world = createWorld()
  world.serve = async () => answered(world.attempts.length)
  const tab = world.open()
  await tab.add(words('make', 'milk')).written
  await allSettled(tab)
  world.serve = async () => Promise.reject(new Error('answer lost'))
  await tab.add(words('drop', 'milk')).written
  await seen(tab, isWaiting)

  // The outcome that the version came from is removed meanwhile.
  const disk = await openIndexedStorage(`idem-outbox-${world.name}`)
  await disk.write((tables) => tables.delete('outcomes', { orderingKey: 'milk' }))
  world.serve = async () => answered(9)
  world.advance(60_000)
  await allSettled(tab)
  expect(world.attempts.slice(1).map(({ body }) => body)).toEqual([
    '{"text":"drop","version":1}',
    '{"text":"drop","version":1}',
  ])
})

test('ordering keys do not wait for each other', async () => {
  await using world = createWorld()
  world.serve = (sent) =>
    sent.intent.text === 'slow' ? new Promise(() => undefined) : Promise.resolve(answered(1))
  const tab = world.open()
  await tab.add(words('slow')).written
  await tab.add(words('quick')).written
  const { entries } = await seen(tab, ({ outcomes }) => outcomes.length === 1)
  expect(entries.map(({ intent }) => intent.text)).toEqual(['slow'])
})

test('at most four attempts are in progress at once', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const tab = world.open()
  for (const text of 'abcdefgh') await tab.add(words(text)).written
  await quiet(tab)
  expect(world.attempts).toHaveLength(4)
})

test.each(['never', 'ask_person'] as const)(
  'an entry refused with "%s" is kept for a person and blocks only its own ordering key',
  async (retry) => {
    await using world = createWorld()
    world.serve = async (sent) => (sent.intent.text === 'bad' ? refused(retry) : answered(1))
    const tab = world.open()
    await tab.add(words('bad', 'milk')).written
    await tab.add(words('after', 'milk')).written
    await tab.add(words('other')).written
    await seen(tab, ({ outcomes }) => outcomes.length === 1)
    world.advance(600_000)
    await quiet(tab)
    expect(states(tab)).toEqual(['needs_person', 'queued'])
    expect(world.attempts.map(({ intent }) => intent.text).sort()).toEqual(['bad', 'other'])
  },
)

test('a person may send a refused entry again, under the same key', async () => {
  await using world = createWorld()
  world.serve = async () => refused('never')
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, ({ entries: [entry] }) => entry?.status.state === 'needs_person')
  world.serve = async () => answered(1)
  await tab.retry('key of milk')
  await allSettled(tab)
  expect(world.attempts.map(({ key }) => key)).toEqual(['key of milk', 'key of milk'])
})

test('on the advice of the server a new key is minted once, for the same bytes; the second time a person is asked', async () => {
  await using world = createWorld()
  world.remint = async ({ key }) => `new ${key}`
  world.serve = async () => refused('new_key')
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, ({ entries: [entry] }) => entry?.status.state === 'needs_person')
  expect(world.attempts.map(({ key, body }) => [key, body])).toEqual([
    ['key of milk', '{"text":"milk"}'],
    ['new key of milk', '{"text":"milk"}'],
  ])
  expect(tab.getSnapshot().entries[0]?.id).toBe('key of milk')
})

test('a new key that never comes is given up with its attempt, and asked for again later', async () => {
  await using world = createWorld()
  let aborted = false
  world.remint = (_sent, _refusal, signal) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return new Promise(() => undefined)
  }
  world.serve = async ({ key }) => (key === 'key of milk' ? refused('new_key') : answered(1))
  const tab = world.open()
  await tab.add(words('milk')).written
  await expect.poll(() => world.attempts.length).toBe(1)
  await quiet(tab)
  world.advance(13_000)
  await seen(tab, isWaiting)
  expect(aborted).toBe(true)
  world.remint = async ({ key }) => `new ${key}`
  world.advance(60_000)
  await allSettled(tab)
  expect(world.attempts.map(({ key }) => key)).toEqual([
    'key of milk',
    'key of milk',
    'new key of milk',
  ])
})

test('a second tab, late with the same advice, does not replace the new key', async () => {
  await using world = createWorld()
  const answers: ((reply: Reply) => void)[] = []
  world.serve = () => new Promise((resolve) => answers.push(resolve))
  let minted = 0
  world.remint = async () => {
    minted += 1
    return `new key ${minted}`
  }
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, ({ entries: [entry] }) => entry?.status.state === 'sending')
  const other = world.open()
  await seen(other, ({ entries: [entry] }) => entry?.status.state === 'sending')
  await quiet(other)
  answers[0]?.(refused('new_key'))
  await seen(tab, ({ entries: [entry] }) => entry?.key === 'new key 1')
  answers[1]?.(refused('new_key'))
  await quiet(other)
  for (const answer of answers) answer(answered(1))
  await quiet(other)
  answers.at(-1)?.(answered(1))
  await allSettled(tab)
  expect(new Set(world.attempts.map(({ key }) => key))).toEqual(
    new Set(['key of milk', 'new key 1']),
  )
})

test('an intent without a valid body needs a person, unsent', async () => {
  await using world = createWorld()
  const tab = world.open()
  await tab.add({ ...words('drop'), intent: { text: 'unsendable' } }).written
  await seen(tab, ({ entries: [entry] }) => entry?.status.state === 'needs_person')
  expect(world.attempts).toEqual([])
})

test('the same submission added again is one entry', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const tab = world.open()
  await Promise.all([
    tab.add(words('milk')).written,
    tab.add(words('milk')).written,
    world.open().add(words('milk')).written,
  ])
  await quiet(tab)
  expect(states(tab)).toHaveLength(1)
})

test('an intent that cannot be written is not accepted: the promise rejects, nothing is shown or sent', async () => {
  await using world = createWorld()
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        write: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
      }
    },
  })
  const adding = tab.add(words('milk')).written
  expect(states(tab)).toEqual(['queued'])
  await expect(adding).rejects.toThrow('could not be stored')
  await quiet(tab)
  expect(states(tab)).toEqual([])
  expect(world.attempts).toEqual([])
})

test('a write that was cut off but committed is not given back', async () => {
  await using world = createWorld()
  let cut = true
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        async write(work) {
          const result = await storage.write(work)
          if (cut) throw new DOMException('connection lost', 'UnknownError')
          return result
        },
      }
    },
  })
  const adding = tab.add(words('milk')).written
  await adding
  cut = false
  await quiet(tab)
  world.advance(5_000)
  await allSettled(tab)
})

test('without storage it works from memory and is not durable; entries move to storage before they are sent', async () => {
  await using world = createWorld()
  let broken = true
  let onDisk: unknown
  world.serve = async () => Promise.reject(new Error('no network'))
  const tab = world.open({
    open: (name) => (broken ? Promise.reject(new Error('blocked')) : openIndexedStorage(name)),
  })
  await tab.add(words('milk')).written
  expect((await seen(tab, isWaiting)).durable).toBe(false)

  broken = false
  world.serve = async () => {
    const disk = await openIndexedStorage(`idem-outbox-${world.name}`)
    onDisk = (await createStore(disk, anyReader).read()).entries
    return answered(1)
  }
  world.advance(60_000)
  expect((await allSettled(tab)).durable).toBe(true)
  expect(onDisk).toMatchObject([{ key: 'key of milk', attempts: 1 }])
})

test('a storage that does not open in 5 s is replaced by memory', async () => {
  await using world = createWorld()
  const tab = world.open({ open: () => new Promise(() => undefined) })
  const added = tab.add(words('milk')).written
  await Promise.resolve()
  world.advance(5_000)
  await added
  expect((await allSettled(tab)).durable).toBe(false)
})

test('an entry of a newer page is not touched, and its successors wait', async () => {
  await using world = createWorld()
  const tab = world.open()
  const disk = await addOfTomorrow(world.name)
  await tab.add(words('after', 'tomorrow')).written
  await tab.add(words('other')).written
  await seen(tab, ({ outcomes }) => outcomes.length === 1)
  await quiet(tab)
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['other'])
  expect((await createStore(disk, anyReader).read()).entries).toHaveLength(2)
})

test('other tabs see the entries of one tab, and their outcomes', async () => {
  await using world = createWorld()
  const one = world.open()
  const two = world.open()
  const answers: ((reply: Reply) => void)[] = []
  world.serve = () => new Promise((resolve) => answers.push(resolve))
  await one.add(words('milk')).written
  await seen(two, ({ entries }) => entries.length === 1)
  await quiet(two)
  for (const answer of answers) answer(answered(5))
  await allSettled(two)
  expect(two.getSnapshot().outcomes).toMatchObject([{ answer: { version: 5 } }])
})

test('a tab sees changes of another at once, also while it waits itself', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  const locks = createLocks()
  const one = world.open({ locks })
  const two = world.open({ locks })
  await one.add(words('milk')).written
  await Promise.all([seen(one, isWaiting), seen(two, isWaiting)])
  await quiet(two)
  world.serve = async () => answered(1)
  world.advance(1)
  one.retryNow()
  await allSettled(two)
})

test('with locks, a tab that gets the lock after another one failed waits like that one', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  const locks = createLocks()
  const tabs = [world.open({ locks }), world.open({ locks }), world.open({ locks })] as const
  await tabs[0].add(words('milk')).written
  for (const attempt of [1, 2, 3]) {
    await expect.poll(() => world.attempts.length).toBe(attempt)
    await Promise.all(tabs.map((tab) => seen(tab, isWaiting)))
    for (const tab of tabs) await quiet(tab)
    expect(world.attempts).toHaveLength(attempt)
    world.advance(60_000)
  }
})

test('waiting entries, for time or for a person, cost nothing', async () => {
  await using world = createWorld()
  let writes = 0
  world.serve = async (sent) => {
    if (sent.intent.text === 'bad') return refused('never')
    throw new Error('no network')
  }
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      const write: typeof storage.write = (work) => {
        writes += 1
        return storage.write(work)
      }
      return { ...storage, write }
    },
  })
  await addOfTomorrow(world.name)
  for (const submission of [words('bad', 'milk'), words('after', 'milk'), words('other')]) {
    await tab.add(submission).written
  }
  await seen(tab, () => states(tab).join() === 'needs_person,queued,waiting')
  await quiet(tab)
  const before = writes
  await quiet(tab)
  expect(writes).toBe(before)
})

test('a draft outlives the page, and is removed in the transaction that adds its entry', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const tab = world.open()
  await tab.writeNote('draft', 'mi')
  await Promise.all([
    tab.writeNote('draft', 'milk'),
    tab.add({ ...words('milk'), note: 'draft' }).written,
  ])
  expect(await world.open().readNote('draft')).toBeUndefined()
})

test('outcomes are kept as long as they are needed, and while a waiting entry may take its version from them', async () => {
  await using world = createWorld()
  const tab = world.open()
  for (const text of ['milk', 'bread']) await tab.add(words(text)).written
  await seen(tab, ({ outcomes }) => outcomes.length === 2)
  await tab.forgetOutcomes(world.now())
  expect(tab.getSnapshot().outcomes).toHaveLength(2)

  world.serve = async () => Promise.reject(new Error('no network'))
  await tab.add(words('drop', 'milk')).written
  await tab.forgetOutcomes(world.now() + 1)
  const { outcomes } = await seen(tab, (snapshot) => snapshot.outcomes.length === 1)
  expect(outcomes[0]?.orderingKey).toBe('milk')
})

/** A page of a newer release writes an entry that this one does not know. */
async function addOfTomorrow(name: string) {
  const disk = await openIndexedStorage(`idem-outbox-${name}`)
  const entry = { schema: 2, id: 'tomorrow', orderingKey: 'tomorrow', status: 'elsewhere' }
  await disk.write((tables) => tables.put('entries', entry))
  return disk
}

test('a write that was cut off is not given back because the storage cannot be read for a moment', async () => {
  await using world = createWorld()
  const lost = new DOMException('connection lost', 'UnknownError')
  let isWell = true
  let looks = 0
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        async read(work) {
          looks += 1
          if (!isWell) throw lost
          return storage.read(work)
        },
        async write(work) {
          const result = await storage.write(work)
          if (!isWell) throw lost
          return result
        },
      }
    },
  })
  await seen(tab, ({ ready }) => ready)
  isWell = false
  looks = 0
  const adding = tab.add(words('milk')).written
  for (; looks < 3; world.advance(1_000)) await new Promise(setImmediate)
  isWell = true
  await new Promise(setImmediate)
  world.advance(1_000)
  await adding
  await allSettled(tab)
  expect(world.attempts.map(({ key }) => key)).toEqual(['key of milk'])
})

test('a failed reading after an attempt is repeated, so that no entry looks sent for ever', async () => {
  await using world = createWorld()
  let failures = 0
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        async read(work) {
          failures -= 1
          if (failures >= 0) throw new DOMException('connection lost', 'UnknownError')
          return storage.read(work)
        },
      }
    },
  })
  await seen(tab, ({ ready }) => ready)
  world.serve = async () => {
    failures = 1
    return answered(1)
  }
  await tab.add(words('milk')).written
  await allSettled(tab)
  expect(failures).toBeLessThan(0)
})
