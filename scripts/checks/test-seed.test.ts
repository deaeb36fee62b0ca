import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { root } from '../workspace.mjs'
import { testSeed } from './test-seed.mjs'

afterEach(() => vi.useRealTimers())

const days = ['2026-12-01', '2027-02-28T23:59:59Z', '2032-02-29']

test('npm test has one seed on every day, and a seed that is given repeats an earlier run', () => {
  const draw = () => 20788
  for (const day of days) {
    vi.useFakeTimers({ now: new Date(day), toFake: ['Date'] })
    expect(testSeed({}, draw)).toBe(1)
    expect(testSeed({ IDEM_TEST_SEED: '' }, draw)).toBe(1)
    expect(testSeed({ IDEM_PROVE: 'true' }, draw)).toBe(20788)
    expect(testSeed({ IDEM_PROVE: 'true', IDEM_TEST_SEED: '7' }, draw)).toBe(7)
  }
  expect(testSeed({ IDEM_PROVE: 'true' })).not.toBe(testSeed({ IDEM_PROVE: 'true' }))
})

test.for(['0', '-1', '1.5', 'x', '2147483648'])('the seed %s is refused', (seed) => {
  expect(() => testSeed({ IDEM_TEST_SEED: seed })).toThrow('from 1 to 2147483647')
})

test('every test of this run has the seed', () => {
  expect(testSeed(process.env)).toBe(Number(process.env.IDEM_TEST_SEED))
})

/** Source of a test that chooses by the date or at random, one expression each. */
const choices = [
  // The number of the day.
  /Date\.now\(\)\s*\/\s*(86_?400_?000|\w*day)/i,
  /\bMath\.random\(\)/,
  /\brandomInt\(/,
  // The function of PostgreSQL.
  /(?<![\w.])random\(\)\s*(<|-|\*)/,
  // A property that fast-check gives a seed of its own.
  /\bfc\.(?:assert|check|sample)\((?![\s\S]*\bseed[,:])/,
]

function chooses(text: string): boolean {
  return choices.some((choice) => choice.test(text))
}

test('no test chooses by the date or at random', () => {
  const tests = globSync('{apps,packages,proofs,scripts}/**/*.{ts,tsx,mjs}', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|generated|\.next|dist)$/.test(path),
  }).filter((path) => /^(proofs|scripts)\/|\.test\.|\/test-[^/]*$/.test(path))
  expect(tests.length).toBeGreaterThan(400)
  const named = ['scripts/checks/test-seed.mjs', 'scripts/checks/test-seed.test.ts']
  expect(
    tests.filter(
      (path) => !named.includes(path) && chooses(readFileSync(join(root, path), 'utf8')),
    ),
  ).toEqual([])
})
