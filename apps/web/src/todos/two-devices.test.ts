import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createDevices, fates, type Move, moves } from './test-devices.ts'

/** About ten seconds in a test run, and minutes in a proof. */
const sequences = process.env.IDEM_PROVE === 'true' ? 50_000 : 800
/** The same in each test run; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED) || 20_261_201

vi.setConfig({ testTimeout: 120_000 + 20 * sequences })

const move: fc.Arbitrary<Move> = fc.record({
  device: fc.nat(1),
  kind: fc.constantFrom(...moves),
  choice: fc.nat(1),
  fate: fc.constantFrom(...fates),
})

/** A todo that both devices know, or one whose author has no answer yet. */
const beginning = fc.constantFrom(...fates).map((fate): Move[] =>
  ['add', 'exchange', 'read', 'read'].map((kind, at) => ({
    device: at === 3 ? 1 : 0,
    kind: kind === 'read' && at === 2 && fate !== 'fair' ? 'rename' : kind,
    choice: 0,
    fate,
  })),
)

test(`two devices overwrite nothing of each other that the person has not seen, in ${sequences} sequences of changes, undos, decisions, lost answers and days that pass (seed ${seed})`, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      beginning,
      fc.array(move, { minLength: 20, maxLength: 80 }),
      async (first, all) => {
        using devices = createDevices()
        for (const each of [...first, ...all]) await devices.move(each)
        await devices.settle()
        for (const code of devices.server.refusals) seen.set(code, (seen.get(code) ?? 0) + 1)
        expect(devices.overwritten).toEqual([])
      },
    ),
    { seed, numRuns: sequences },
  )
  // A model in which one of them never happens would prove nothing about it.
  for (const code of ['version_conflict', 'id_taken', 'not_found', 'key_expired']) {
    expect(seen.get(code), code).toBeGreaterThan(sequences / 20)
  }
})
