import { expect, test, vi } from 'vitest'
import { check } from './check.ts'
import { startOrders } from './test-order-server.ts'
import { orderTarget } from './test-target.ts'
import { wrongServers } from './test-wrong-servers.ts'

// Each has servers of its own and waits most of its time.
vi.setConfig({ maxConcurrency: Object.keys(wrongServers).length })

test.concurrent.for(Object.entries(wrongServers))(
  'a server that %s is found by its attack',
  async ([, { rules, otherReplies, retentionSeconds, foundBy, mayBeFoundBy = [] }]) => {
    const changed = rules()
    await using server = await startOrders(changed)
    const { orders, replies } = server.storage
    await using other = await startOrders(changed, { orders, replies: otherReplies ?? replies })
    const target = { ...orderTarget(server), also: other.url, retentionSeconds }
    const { findings } = await check(target)
    const broken = findings.filter(({ verdict }) => verdict === 'broken')
    const names = broken.map(({ attack }) => attack)
    expect(names.filter((name) => !mayBeFoundBy.includes(name))).toEqual(foundBy)
  },
)
