import { onServer } from '@idem/test-support/on-server'
import { seeded } from '@idem/test-support/random'
import { expect, test, vi } from 'vitest'
import { seedOfRun } from '../report.ts'
import { startFaults } from './citus-faults.ts'
import { type Created, createIntents } from './citus-intents.ts'
import { clusterWorld } from './cluster-world.ts'

const intents = Number(process.env.IDEM_CITUS_INTENTS ?? 100_000)
/** A kill in half a minute, with as many moves. */
const faultEveryMs = Number(process.env.IDEM_CITUS_FAULT_MS ?? 8_000)
const owners = 48
const senders = 48
const progressMs = 30_000
const seed = seedOfRun()

vi.setConfig({ testTimeout: 600_000 + intents * 100 })

test('each intent has one effect and one answer while nodes are killed, shards move and the cluster is rebalanced', async () => {
  const statuses: Record<number, number> = {}
  const failures: string[] = []
  await using world = await clusterWorld(owners, ({ status, body }) => {
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status === 500) failures.push(body)
  })
  const { intents: done, created, wrong, send, repeatAll } = createIntents(world, seeded(seed))
  const faults = startFaults(world.cluster, faultEveryMs)
  const begun = performance.now()
  const progress = () => {
    const seconds = Math.round((performance.now() - begun) / 1_000)
    const answers = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`)
    const { kills, moves, rebalances, notDone } = faults.counts
    console.log(
      [
        `${done.length} of ${intents} intents in ${seconds} s, answers: ${answers.join(', ')};`,
        `${kills} kills, ${moves} moves, ${rebalances} rebalances, ${notDone} others not done;`,
        `${wrong.length} wrong; seed ${seed}`,
      ].join(' '),
    )
  }
  const timer = setInterval(progress, progressMs)
  const isOver = () => done.length >= intents && faults.isComplete()
  try {
    await Promise.all(Array.from({ length: senders }, () => send(isOver))).finally(faults.end)
    await repeatAll(senders)
  } finally {
    clearInterval(timer)
  }
  progress()
  console.log([...new Set(faults.errors), await rebalanced(world.cluster.nodes[0].url)].join('\n'))
  expect(wrong).toEqual([])
  expect(failures, world.servers.map(({ output }) => output()).join('\n')).toEqual([])
  expect(await foundIn(world.cluster.nodes[0].url)).toEqual({
    todos: created,
    records: new Set(done.map(({ call }) => `${call.account.owner} ${call.input.idempotencyKey}`)),
    unanswered: 0,
  })
})

async function rebalanced(url: string): Promise<string> {
  let found = ''
  await onServer(url, async (sql) => {
    const { rows } = await sql.query(
      `select string_agg(state::text, ', ') as jobs from pg_dist_background_job`,
    )
    found = `rebalances: ${rows[0]?.jobs}`
  })
  return found
}

/** The todos by the keys that made them, and the keys that have an answer. */
async function foundIn(url: string) {
  const todos = new Map<string, Created>()
  const records = new Set<string>()
  let unanswered = 0
  await onServer(url, async (sql) => {
    const made = await sql.query('select owner_id, created_key, id, title, version from todo')
    for (const { owner_id: owner, created_key, id, title, version } of made.rows) {
      const isSecond = todos.has(created_key)
      todos.set(created_key, { owner, id, title: isSecond ? 'made twice' : title })
      if (version !== 2) todos.set(created_key, { owner, id, title: `version ${version}` })
    }
    const stored = await sql.query(
      'select owner_id, key, coalesce(answer, refusal) is null as open from idem.idempotency_record',
    )
    for (const { owner_id, key, open } of stored.rows) {
      records.add(`${owner_id} ${key}`)
      if (open) unanswered += 1
    }
  })
  return { todos, records, unanswered }
}
