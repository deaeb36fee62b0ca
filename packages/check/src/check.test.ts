import { expect, test } from 'vitest'
import { checkRight } from './test-check-right.ts'

test.concurrent.for([
  'refuses duplicates while the first is in progress',
  'is slow, busy and loses answers',
])('a server that %s is not blamed', async (name) => {
  const findings = await checkRight({ name, seed: 1 })
  expect(findings.filter(({ verdict }) => verdict === 'broken')).toEqual([])
})

test.concurrent('a check that was told everything checks everything', async () => {
  const findings = await checkRight({ name: 'lets duplicates wait', seed: 1 })
  expect(findings.filter(({ verdict }) => verdict !== 'held')).toEqual([])
})
