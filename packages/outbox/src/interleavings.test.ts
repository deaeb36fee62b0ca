import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import {
  accidents,
  type Browser,
  createBrowser,
  moves,
  nameIn,
  networkFates,
  storageFates,
  verdicts,
} from './test-browser.ts'

/** Some seconds in a test run, and an hour in a proof. */
const interleavings = process.env.IDEM_PROVE === 'true' ? 1_000_000 : 1_000
/** Fixed in a test run, new in a proof; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED)
/** After so many moves all faults end. */
const troubledMoves = 80
/** A regular end takes a hundred moves; an endless loop would take any number. */
const mostMoves = 1_000

vi.setConfig({ testTimeout: 120_000 + 20 * interleavings })

const given = fc.record({
  orderingKey: fc.constantFrom('milk', 'bread'),
  tab: fc.nat(1),
  verdict: fc.constantFrom(...verdicts),
})
test(`in ${interleavings} interleavings of two tabs, their storage and a network, of storage that fails, is full or is cleared, and of clocks that jump, every intent keeps its key and its bytes, goes in its turn, has one effect, and gets its own answer, unless a person discarded it in time (seed ${seed})`, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(given, { minLength: 1, maxLength: 6 }),
      fc.record({ isLocked: fc.boolean(), isCleared: fc.boolean() }),
      fc.record({
        network: fc.infiniteStream(fc.constantFrom(...networkFates)),
        storage: fc.infiniteStream(fc.constantFrom(...storageFates)),
        move: fc.infiniteStream(fc.constantFrom(...moves)),
      }),
      async (scheduler, submissions, kind, chance) => {
        await using browser = createBrowser({ scheduler, submissions, ...kind, seen })
        for (let moved = 0; moved < troubledMoves; moved += 1) {
          browser.network = chance.network.next().value
          browser.disk = chance.storage.next().value
          await browser.move(chance.move.next().value)
        }
        browser.network = 'fair'
        browser.disk = 'fair'
        for (let moved = 0; !browser.isDone(); moved += 1) {
          if (moved === mostMoves) throw new Error('It does not come to an end.')
          await browser.move('go on')
          browser.discardDeclined()
        }
        check(browser)
      },
    ),
    { seed, numRuns: interleavings },
  )
  // A world in which one of them never happens would prove nothing about it.
  const always = [...networkFates, ...storageFates, ...verdicts, ...accidents]
  const further = ['clock', 'given back', 'discarded unsent', 'discarded too late']
  for (const kind of [...always.filter((kind) => kind !== 'discard'), ...further]) {
    expect(seen.get(kind), kind).toBeGreaterThan(interleavings / 50)
  }
})

function check(browser: Browser): void {
  const { intents, order, kept, effects, withoutEffect, discarding, isCleared } = browser
  for (const [key, result] of kept) {
    if (result === 'kept' && !discarding.has(key)) expect(order).toContain(key)
    // Words that were given back may be entered again, under another key.
    expect(result).not.toBe('given back, and still in the storage')
  }
  const done = effects.map(({ key }) => nameIn(key))
  expect(new Set(done).size).toBe(done.length)
  for (const name of withoutEffect) expect(done).not.toContain(name)
  for (const name of new Set(order)) {
    // Only a person can have prevented it; or the storage was cleared before the entry was confirmed, and its words were given back.
    const isGivenBack = isCleared && kept.get(name) === 'given back'
    const isWithoutEffect = withoutEffect.has(name) || discarding.has(name) || isGivenBack
    if (intents.get(name)?.verdict !== 'declined' && !isWithoutEffect) expect(done).toContain(name)
  }
  if (isCleared) return
  checkOrder(browser)
  checkAnswers(browser)
}

/** A cleared storage may lose the history. */
function checkAnswers({ answers, kept }: Browser): void {
  for (const { key, value, reason, reply } of answers()) {
    // An entry may be discarded while its write fails.
    if (kept.get(key) !== 'kept') expect(['not written', 'discarded']).toContain(reason)
    else if (reply === undefined) expect(reason).toBe('discarded')
    else expect(value).toEqual(reply)
  }
}

/** Only a cleared storage may break these: versions, and the bytes of an entry that another tab had frozen. */
function checkOrder({ intents, order, attempts, effects }: Browser): void {
  expect(new Set(order).size).toBe(order.length)
  for (const [name, sent] of Map.groupBy(attempts, ({ key }) => nameIn(key))) {
    expect(order).toContain(name)
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1)
    const verdict = intents.get(name)?.verdict
    const mostKeys = verdict === 'expired' || verdict === 'ahead' ? 2 : 1
    expect(new Set(sent.map(({ key }) => key)).size).toBeLessThanOrEqual(mostKeys)
  }
  for (const orderingKey of ['milk', 'bread']) {
    const isOfKey = ({ key }: { key: string }) =>
      intents.get(nameIn(key))?.orderingKey === orderingKey
    const done = effects.filter(isOfKey)
    const names = done.map(({ key }) => nameIn(key))
    expect(names).toEqual(order.filter((name) => names.includes(name)))
    expect(done.map(({ body }) => body.version ?? 0)).toEqual([...done.keys()])
  }
}
