import { expect, test } from 'vitest'
import { checkRight } from './test-check-right.ts'
import { rightServers } from './test-right-servers.ts'

test.concurrent.for(Object.keys(rightServers))('a server that %s is not blamed', async (name) => {
  const findings = await checkRight({ name, seed: 1 })
  expect(findings.filter(({ verdict }) => verdict === 'broken')).toEqual([])
})

test('a check that was told everything checks everything', async () => {
  const findings = await checkRight({ name: 'lets duplicates wait', seed: 1 })
  expect(findings.filter(({ verdict }) => verdict !== 'held')).toEqual([])
})
