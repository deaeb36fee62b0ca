import type { HttpFault } from '@idem/test-support/http-fault'
import { seeded } from '@idem/test-support/random'
import { expect, test, vi } from 'vitest'
import { check } from '../checker/checker.ts'
import { codes, expectNoViolation, figures, seedOfRun } from '../report.ts'
import { nemesisWorld } from './nemesis-world.ts'
import { planFaults } from './plan-faults.ts'

const isProving = process.env.IDEM_PROVE === 'true'
/** A million in total when proving, in parts: a history stays in memory until it is checked. */
const parts = Array.from({ length: isProving ? 20 : 1 }, (_, at) => at + 1)
const attempts = isProving ? 50_000 : 20_000
/** Sixteen faults in the short form, six of them kills: nearly three times the share that is asked for. */
const apart = isProving ? 750 : 1_100
const seed = seedOfRun()

vi.setConfig({ testTimeout: 120_000 + attempts * 30 })

test.for(parts)(
  'each intent of two accounts has one effect and equal answers under faults of network, servers and database (part %i)',
  async (part, { task }) => {
    const random = seeded(seed + 10 + part)
    await using world = await nemesisWorld({ random })
    const begun = performance.now()
    for (const plan of planFaults(random.fork(1_000), { attempts, apart })) await world.suffer(plan)
    await world.clients.attempts(attempts)
    const { evidence, struck, wellAgainMs } = await world.heal()
    const events = evidence.flatMap((each) => each.events)
    const sent = events.filter(({ happened }) => happened.kind === 'invoke').length
    const kills = world.done.filter((fault) => fault.includes('kill')).length
    const faulted = faultsOf(world.network.met()) / world.network.requests()
    console.log(
      [
        `${sent} attempts, ${(faulted * 100).toFixed(1)} % of requests faulted, ${struck} database messages struck,`,
        `${world.done.length} faults, ${kills} kills, well again after ${wellAgainMs} ms,`,
        `${Math.round((performance.now() - begun) / 1_000)} s, seed ${seed}; ${figures(events)}`,
      ].join(' '),
    )
    for (const ofAccount of evidence) {
      expectNoViolation({ seed, test: task.name, evidence: ofAccount, faults: world.done })
    }
    expect(codes(events), world.output()).not.toContain('unexpected')
    expect(sent).toBeGreaterThanOrEqual(attempts)
    expect(faulted).toBeGreaterThanOrEqual(0.05)
    expect(world.done.length / sent).toBeGreaterThanOrEqual(30 / 100_000)
    expect(kills).toBeGreaterThanOrEqual(6)
  },
)

/** Only faults that look like a failure to a sender, or like a second intent to a server. */
function faultsOf(met: Readonly<Record<HttpFault, number>>): number {
  const { delay: _, slice: __, ...hard } = met
  return Object.values(hard).reduce((sum, count) => sum + count, 0)
}

/** Enough for the most frequent; a rarer violation gets a second and a third world. */
const attemptsOfAMutant = 500
const mostWorlds = 3
/** More faults and failing commits, so that a mutant shows quickly. */
const severity = 3
const lostCommits = 10

/** Each with an invariant that it must violate, in a proof; the checker has its own tests. */
const mutants: [mutant: string, invariant: string][] = [
  ['unknown-as-success', 'I1'],
  ['no-fingerprint', 'I5'],
  ['cancel-without-record', 'I6'],
  ['answers-before-commit', 'I1'],
  ['batch-effect-without-claim', 'I2'],
  ['batch-jsonb-answer', 'I3'],
  ['hard-delete', 'I4'],
  ['key-before-effect', 'I10'],
  ['batch-key-without-owner', 'I1'],
]

// Its name is a string, and most of these run only when proving.
test('each mutant of the nemesis is in the table of mutants', async () => {
  const file = new URL('../../../mutants/src/mutants.ts', import.meta.url)
  const table: { mutants: readonly { name: string }[] } = await import(file.href)
  const names = mutants.map(([name]) => name)
  expect(table.mutants.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
})

test.for(isProving ? mutants : [])('the mutant %s violates %s', async ([mutant, invariant]) => {
  const found = new Set<string>()
  for (let worlds = 1; worlds <= mostWorlds && !found.has(invariant); worlds += 1) {
    await using world = await nemesisWorld({ random: seeded(seed + worlds), mutant, severity })
    for (let lost = 0; lost < lostCommits; lost += 1) {
      // A change whose batch cannot read runs alone, and only then commits by a statement of its own.
      void world.proxy.strike(/^idem_read_changeTodo$/, 'cut_before')
      void world.proxy.strike('COMMIT', 'cut_before')
    }
    await world.clients.attempts(attemptsOfAMutant)
    const { evidence } = await world.heal()
    for (const { invariant } of evidence.flatMap(check)) found.add(invariant)
  }
  expect([...found]).toContain(invariant)
})
