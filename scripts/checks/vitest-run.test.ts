import { expect, test } from 'vitest'
import { count } from './vitest-run.mjs'

function reportOf(...statuses: string[]) {
  const assertionResults = statuses.map((status, index) => ({ status, fullName: `test ${index}` }))
  return { testResults: [{ name: 'a.test.ts', status: 'passed', message: '', assertionResults }] }
}

test('each passing test is counted', () => {
  expect(count(reportOf('passed', 'passed'), 0)).toEqual({ passed: 2, failures: [] })
})

test.each(['failed', 'skipped', 'pending', 'todo'])(
  'a test that is %s counts as failed',
  (status) => {
    const { passed, failures } = count(reportOf('passed', status), 0)
    expect({ passed, failed: failures.length }).toEqual({ passed: 1, failed: 1 })
  },
)

test('a file that cannot be loaded, a crash and a run without any test count as failed', () => {
  expect(count(reportOf(), 1).failures).toHaveLength(1)
  expect(count(undefined, 1).failures).toHaveLength(1)
  expect(count(reportOf('passed'), 1).failures).toHaveLength(1)
  expect(count({ testResults: [] }, 0).failures).toEqual(['No test ran.'])
})
