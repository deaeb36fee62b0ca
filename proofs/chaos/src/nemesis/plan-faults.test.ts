import { seeded } from '@idem/test-support/random'
import { expect, test } from 'vitest'
import { planFaults } from './plan-faults.ts'

const run = { attempts: 20_000, apart: 750 }

test('a plan is reproducible with its seed and differs for another seed', () => {
  const [one, again, other] = [1, 1, 2].map((seed) =>
    planFaults(seeded(seed), run).map(({ random: _, ...plan }) => plan),
  )
  expect(again).toEqual(one)
  expect(other).not.toEqual(one)
})

test('every plan of 20,000 attempts injects its faults in time, with at least six kills', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const plans = planFaults(seeded(seed), run)
    const times = plans.map(({ atAttempt }) => atAttempt)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
    expect(Math.max(...times)).toBeLessThan(run.attempts)
    expect(plans.length).toBeGreaterThan(18)
    expect(plans.filter(({ fault }) => fault.startsWith('kill')).length).toBeGreaterThanOrEqual(6)
  }
})

test('a deck contains every kind of fault', () => {
  const plans = planFaults(seeded(1), { attempts: 25 * 750, apart: 500 })
  expect(new Set(plans.map(({ fault }) => fault)).size).toBe(9)
})
