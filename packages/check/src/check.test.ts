import { expect, test } from 'vitest'
import { checkRight } from './test-check-right.ts'
import { rightServers } from './test-right-servers.ts'

test.concurrent.for(Object.keys(rightServers))('a server that %s is not blamed', async (name) => {
  expect(await checkRight({ name, seed: 1 })).toEqual([])
})
