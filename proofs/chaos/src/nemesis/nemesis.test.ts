import { seeded } from '@idem/test-support/random'
import { expect, test, vi } from 'vitest'
import { check } from '../checker/checker.ts'
import { addUp, countFaults, killsAndStops, shareFaulted, sum } from '../parts/part-record.ts'
import { defaultFolder, recordedParts, sourcesOf } from '../parts/recorded-parts.ts'
import { listed, seedOfRun } from '../report.ts'
import { nemesisWorld } from './nemesis-world.ts'
import { runPart } from './run-part.ts'

const isProving = process.env.IDEM_PROVE === 'true'
/**
 * A million in total when proving, in parts: a history stays in memory until it is checked, and a run that was
 * ended continues after its last part.
 */
const parts = Array.from({ length: isProving ? 40 : 1 }, (_, at) => at + 1)
const attempts = isProving ? 25_000 : 20_000
/** Sixteen faults in the short form, six of them kills: nearly three times the share that is asked for. */
const apart = isProving ? 750 : 1_100
const seed = seedOfRun()
const sources = isProving ? sourcesOf() : 'of a short run'
const folder = process.env.IDEM_NEMESIS_FOLDER || defaultFolder
const recorded = isProving ? recordedParts({ folder, seed, sources }) : undefined

vi.setConfig({ testTimeout: 120_000 + attempts * (isProving ? 100 : 30) })

test.for(parts)(
  'each intent of two accounts has one effect and equal answers under faults of network, servers and database (part %i)',
  async (part, { task }) => {
    const taken = recorded?.take(part)
    if (taken !== undefined) console.log(`part ${part}: taken from ${recorded?.fileOf(part)}`)
    const settings = { seed, sources, part, parts: parts.length, attempts, apart }
    const record = taken ?? (await runPart({ ...settings, test: task.name, report }))
    const kills = record.faults.filter(({ kind }) => kind.startsWith('kill')).length
    console.log(
      [
        `${record.attempts} attempts, ${inPercent(shareFaulted([record]))} of requests faulted, ${record.databaseFaults} database messages struck,`,
        `${record.faults.length} faults, ${kills} kills, well again after ${record.wellAgainMs} ms,`,
        `${Math.round(record.durationMs / 1_000)} s, seed ${seed}; ${listed(record.results)}`,
      ].join(' '),
    )
    expect(record.attempts).toBeGreaterThanOrEqual(attempts)
    expect(shareFaulted([record])).toBeGreaterThanOrEqual(0.05)
    expect(record.faults.length / record.attempts).toBeGreaterThanOrEqual(30 / 100_000)
    expect(kills).toBeGreaterThanOrEqual(6)
    if (taken === undefined) recorded?.keep(record)
  },
)

test.for(isProving ? [parts.length] : [])(
  'the %i parts are a million attempts with at least 300 kills and stops of servers and database',
  () => {
    const records = recorded?.all() ?? []
    const total = sum(records.map((each) => each.attempts))
    console.log(
      [
        `${total} attempts in ${records.length} parts of ${sources}, seed ${seed}, 0 violations`,
        `results: ${listed(addUp(records.map(({ results }) => results)))}`,
        `requests: ${sum(records.map(({ requests }) => requests))}, ${inPercent(shareFaulted(records))} faulted: ${listed(addUp(records.map(({ requestFaults }) => requestFaults)))}`,
        `database messages struck: ${sum(records.map(({ databaseFaults }) => databaseFaults))}`,
        `faults of servers and database: ${listed(countFaults(records))}`,
        `the picture: ${recorded?.picture}`,
      ].join('\n'),
    )
    expect(total).toBeGreaterThanOrEqual(1_000_000)
    expect(killsAndStops(records)).toBeGreaterThanOrEqual(300)
  },
)

/** Not by the console, to each line of which Vitest adds the title of the test. */
function report(progress: string): void {
  if (isProving) process.stdout.write(`${progress}\n`)
}

function inPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** Enough for the most frequent; a rarer violation gets further worlds. */
const attemptsOfAMutant = 500
const mostWorlds = 3
/** More faults and failing commits, so that a mutant shows quickly. */
const severity = 3
const lostCommits = 60

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
  ['batch-key-without-owner', 'I5'],
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
