import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { changes, createDevices, events, type Move } from './test-devices.ts'

const isProof = process.env.IDEM_PROVE === 'true'
/** Seconds in a test run, and minutes in a proof. */
const sequences = isProof ? 50_000 : 2_000
/** Fixed in a test run and new in a proof; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED) || (isProof ? Date.now() : 6)

vi.setConfig({ testTimeout: 120_000 + 20 * sequences })

/** The changes of a device and its undos are next to each other, as a person makes them. */
const kinds = fc.oneof(
  { arbitrary: fc.array(fc.constantFrom(...changes), { minLength: 1, maxLength: 2 }), weight: 4 },
  {
    arbitrary: fc.array(fc.constantFrom('undo', 'undo', 'redo'), { minLength: 1, maxLength: 3 }),
    weight: 3,
  },
  { arbitrary: fc.constantFrom(...events).map((event) => [event]), weight: 3 },
)
const move: fc.Arbitrary<Move> = fc.record({
  device: fc.nat(1),
  kinds,
  isRead: fc.constantFrom(true, true, false),
  isAnswered: fc.constantFrom(true, true, true, false),
})

/** A todo that both devices know, or one whose author has no answer yet. */
const beginning = fc.constantFrom<Move[]>(
  [at(0, ['add', 'exchange', 'read']), at(1, ['read'])],
  [at(0, ['add', 'answer lost', 'rename']), at(1, ['read', 'rename', 'exchange'])],
)

function at(device: number, kinds: Move['kinds']): Move {
  return { device, kinds, isRead: false, isAnswered: false }
}

test(`two devices overwrite nothing of each other that the person has not seen, and neither lose nor double an intent, in ${sequences} sequences of changes, undo, redo, merges, decisions, lost answers and days that pass (seed ${seed})`, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      beginning,
      fc.array(move, { minLength: 5, maxLength: 25 }),
      async (first, all) => {
        using devices = createDevices()
        for (const each of [...first, ...all]) await devices.move(each)
        await devices.settle()
        for (const code of devices.server.refusals) seen.set(code, (seen.get(code) ?? 0) + 1)
        expect({ overwritten: devices.overwritten, faults: devices.faults() }).toEqual({
          overwritten: [],
          faults: [],
        })
      },
    ),
    { seed, numRuns: sequences },
  )
  // A model in which one of them never happens would prove nothing about it.
  for (const code of ['version_conflict', 'id_taken', 'not_found', 'key_expired']) {
    expect(seen.get(code), code).toBeGreaterThan(sequences / 40)
  }
})
