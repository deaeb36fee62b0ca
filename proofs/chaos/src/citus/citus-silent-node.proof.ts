import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '@idem/speed/statistics'
import { onServer } from '@idem/test-support/on-server'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import type { Answer } from '../load/client-connection.ts'
import { treeBelow } from '../servers/process-tree.ts'
import { type Call, type ClusterWorld, clusterWorld, type Line } from './cluster-world.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Of both workers, so that each has several shards with owners. */
const owners = 32
/** More of the silent node than its eight turns of each server. */
const senders = { healthy: 8, waiting: 40 }
/** The first attempts reach the node and wait; 500 ms of silence later others are refused at once. */
const noticedMs = 1_500
const silentMs = 12_000
const limits = { healthyP99Ms: 200, refusedP90Ms: 100 }

type Sample = {
  readonly status: number
  readonly body: string
  readonly ms: number
  /** After the node had fallen silent. */
  readonly atMs: number
  readonly call: Call
}

test('a silent node delays no owner of another node, and its own owners are refused at once and go on when it answers', async () => {
  await using world = await clusterWorld(owners)
  const [, , silent] = world.cluster.nodes
  const ofSilent = await ownersOn(world, silent.port)
  const ownersWhere = (isSilent: boolean) =>
    world.accounts.filter(({ owner }) => ofSilent.has(owner) === isSilent)
  const [healthy, waiting] = [ownersWhere(false), ownersWhere(true)]
  expect(Math.min(healthy.length, waiting.length)).toBeGreaterThanOrEqual(4)
  const [line] = await world.lines()
  for (const account of world.accounts) await line.settle(createOf(account))

  const stopped = await treeBelow(await silent.postmaster())
  for (const pid of stopped) process.kill(pid, 'SIGSTOP')
  const begun = performance.now()
  const during = async (accounts: ClusterWorld['accounts'], count: number, everyMs: number) => {
    const all = Array.from({ length: count }, async (_, at) => {
      const line = (await world.lines())[at % 2] as Line
      const samples: Sample[] = []
      while (performance.now() - begun < silentMs) {
        const call = createOf(accounts[(at + samples.length) % accounts.length] as Call['account'])
        const sent = performance.now()
        const answer = await line.send(call)
        const atMs = sent - begun
        samples.push({ ...answer, ms: performance.now() - sent, atMs, call })
        await pause(everyMs)
      }
      return samples
    })
    return (await Promise.all(all)).flat()
  }
  const running = Promise.all([
    during(healthy, senders.healthy, 20),
    during(waiting, senders.waiting, 250),
  ])
  const [served, refused] = await running.finally(() => {
    for (const pid of stopped) process.kill(pid, 'SIGCONT')
  })
  const at = (samples: readonly Sample[], share: number) =>
    Math.round(quantile(Float64Array.from(samples.map(({ ms }) => ms)).toSorted(), share))
  const noticed = refused.filter(({ atMs }) => atMs > noticedMs)
  console.log(
    `${served.length} creates of other owners: median ${at(served, 0.5)} ms, p99 ${at(served, 0.99)} ms;`,
    `${noticed.length} of owners of the silent node: median ${at(noticed, 0.5)} ms, p90 ${at(noticed, 0.9)} ms, slowest ${at(refused, 1)} ms`,
  )
  expect(statuses(served)).toEqual(['200'])
  expect(at(served, 0.99)).toBeLessThan(limits.healthyP99Ms)
  expect(
    refused.filter(({ body }) => !/"code":"(unavailable|in_flight)","retry":"same_key"/.test(body)),
  ).toEqual([])
  expect(at(noticed, 0.9)).toBeLessThan(limits.refusedP90Ms)

  // Each of them goes on under its key.
  const answers: Answer[] = []
  for (const { call } of refused) answers.push(await line.settle(call))
  expect(statuses(answers)).toEqual(['200'])
  await onServer(world.cluster.nodes[0].url, async (sql) => {
    const { rows } = await sql.query(
      'select count(*)::int as todos, count(distinct (owner_id, created_key))::int as keys from todo',
    )
    const all = owners + served.length + refused.length
    expect(rows).toEqual([{ todos: all, keys: all }])
  })
})

function createOf(account: Call['account']): Call {
  return { account, operation: 'createTodo', input: { idempotencyKey: v7(), title: 'Milk' } }
}

function statuses(answers: readonly { readonly status: number }[]): string[] {
  return [...new Set(answers.map(({ status }) => `${status}`))]
}

/** The owners whose rows are on the node with this port. */
async function ownersOn({ cluster, accounts }: ClusterWorld, port: number): Promise<Set<string>> {
  const found = new Set<string>()
  await onServer(cluster.nodes[0].url, async (sql) => {
    const { rows } = await sql.query(
      `select owner from unnest($1::text[]) as owner
        join citus_shards on shardid = get_shard_id_for_distribution_column('todo', owner)
        where nodeport = $2`,
      [accounts.map(({ owner }) => owner), port],
    )
    for (const { owner } of rows) found.add(owner)
  })
  return found
}
