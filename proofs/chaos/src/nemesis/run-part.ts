import { seeded } from '@idem/test-support/random'
import { expect } from 'vitest'
import type { PartRecord } from '../parts/part-record.ts'
import { type Progress, progressLine } from '../parts/progress-line.ts'
import { timeBuckets } from '../parts/time-buckets.ts'
import { codes, counted, expectNoViolation } from '../report.ts'
import { nemesisWorld } from './nemesis-world.ts'
import { planFaults } from './plan-faults.ts'

export type Part = Pick<Progress, 'part' | 'parts' | 'attempts'> & {
  readonly seed: number
  readonly sources: string
  /** The average number of attempts between two faults. */
  readonly apart: number
  /** The title of the test. */
  readonly test: string
  readonly report: (progress: string) => void
}

/** Often enough to see that it works, and rarely enough to read a log of two hours. */
const progressEveryMs = 10_000

/** Attempts of two accounts under faults, with the history in memory until it is checked. Throws on a violation. */
export async function runPart(settings: Part): Promise<PartRecord> {
  const { seed, sources, part, attempts, apart, test, report } = settings
  const random = seeded(seed + 10 + part)
  const begun = performance.now()
  const elapsed = () => Math.round(performance.now() - begun)
  await using world = await nemesisWorld({ random })
  using _progress = every(progressEveryMs, () => {
    const progress = { sent: world.clients.history.calls(), elapsedMs: elapsed() }
    report(progressLine({ ...settings, ...progress, faults: world.done }))
  })
  for (const plan of planFaults(random.fork(1_000), { attempts, apart })) await world.suffer(plan)
  // Each wait is limited, and a slow machine may need several.
  while (world.clients.history.calls() < attempts) await world.clients.attempts(attempts)
  const { evidence, struck, wellAgainMs } = await world.heal()
  for (const ofAccount of evidence) {
    expectNoViolation({ seed, test, evidence: ofAccount, faults: world.done })
  }
  const { events } = world.clients.history
  expect(codes(events), world.output()).not.toContain('unexpected')
  const { invoke = 0, ...results } = counted(events)
  return {
    ...{ seed, sources, part, attempts: invoke, durationMs: elapsed(), wellAgainMs },
    violations: 0,
    requests: world.network.requests(),
    requestFaults: world.network.met(),
    databaseFaults: struck,
    faults: world.done,
    results,
    buckets: timeBuckets(events),
  }
}

function every(ms: number, act: () => void): Disposable {
  const timer = setInterval(act, ms)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
