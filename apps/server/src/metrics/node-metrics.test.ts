import { createLimits } from '@idem/operations/limits'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { nodeMetrics } from './node-metrics.ts'

async function shownOf(limits: ReturnType<typeof createLimits>) {
  const registry = new Registry()
  nodeMetrics(registry, limits.ofNodes)
  return (await registry.metrics()).split('\n').filter((line) => /^idem.* [^0]/.test(line))
}

test('the work in progress and waiting is shown for each node of a distributed database', async () => {
  const limits = createLimits({ nodes: () => ['one:5432', 'two:5432'], nodeOf: () => '' })
  const { promise, resolve } = Promise.withResolvers<void>()
  const all = Array.from({ length: 5 }, () =>
    limits.batches.run(() => promise, { name: 'two:5432' }),
  )
  all.push(limits.reads.run(() => promise, { name: 'one:5432' }))
  expect(await shownOf(limits)).toEqual([
    'idem_node_work{node="one:5432",kind="reads",state="in_progress"} 1',
    'idem_node_work{node="two:5432",kind="batches",state="in_progress"} 4',
    'idem_node_work{node="two:5432",kind="batches",state="waiting"} 1',
  ])
  resolve()
  await Promise.all(all)
  expect(await shownOf(limits)).toEqual([])
})

test('a database that is not distributed has no nodes', async () => {
  expect(await shownOf(createLimits())).toEqual([])
})
