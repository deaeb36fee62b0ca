import { expect, test } from 'vitest'
import { resultIn } from './result.ts'

const killer = { file: 'packages/todos/src/a.test.ts', test: 'milk is bought' }
const passed = { fullName: 'milk is bought once', status: 'passed', duration: 10 }
const failed = { ...passed, status: 'failed', failureMessages: ['expected 2 to be 1'] }
const skipped = { fullName: 'milk is bought twice', status: 'skipped' }

function reportOf(...assertionResults: object[]): string {
  const name = '/anywhere/packages/todos/src/a.test.ts'
  return JSON.stringify({ testResults: [{ name, message: '', assertionResults }] })
}

test('a test kills the mutant when it fails, and leaves it alive when it passes', () => {
  expect(resultIn(reportOf(failed, skipped), killer)).toEqual({
    ...{ state: 'killed', tookMs: 10, complaint: 'expected 2 to be 1' },
  })
  expect(resultIn(reportOf(passed, skipped), killer)).toEqual({ state: 'alive' })
})

test.each([
  ['no report', undefined],
  ['no file', JSON.stringify({ testResults: [] })],
  ['a file that could not be loaded', reportOf()],
  ['only tests of other names', reportOf({ ...failed, fullName: 'tea is bought' })],
  ['only tests that were left out', reportOf(skipped)],
  ['two tests of that name', reportOf(failed, { ...failed, fullName: 'milk is bought twice' })],
  ['a test out of time', reportOf({ ...failed, failureMessages: ['Test timed out in 20000ms.'] })],
])('%s does not count as a kill', (_, report) => {
  expect(resultIn(report, killer)).toMatchObject({ state: 'not_tested' })
})
