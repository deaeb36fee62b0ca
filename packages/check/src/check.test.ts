import { expect, test } from 'vitest'
import { check } from './check.ts'
import { startOrders } from './test-order-server.ts'
import { orderTarget } from './test-target.ts'

test('a right server is not blamed', async () => {
  await using server = await startOrders()
  const { findings } = await check(orderTarget(server))
  expect(findings.filter(({ verdict }) => verdict !== 'held')).toEqual([])
})
