import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { writeBackup } from '@idem/database/backup/write-backup'
import { signInVariables } from '@idem/test-support/accounts'
import { startServer } from '@idem/test-support/server-process'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { clientConnection } from '../load/client-connection.ts'
import { underLoad } from './cluster-load.ts'
import { findingsIn, nothing, restoreOnce, session, worldOfFile } from './cluster-maintenance.ts'
import { type ClusterWorld, lineOver } from './cluster-world.ts'
import { idemCommand } from './idem-command.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let world: ClusterWorld
worldOfFile((it) => {
  world = it
})

const healthy = /^nodes +ok +all answer, and know the tables$/m

test('two nodes share eight shards of each table', async () => {
  await using sql = await session(world.cluster.nodes[0].url)
  const shards = await sql.query(
    `select table_name::text as name, count(*)::int as shards, count(distinct nodeport)::int as nodes
     from citus_shards where citus_table_type = 'distributed' group by 1 order by 1`,
  )
  const even = { shards: 8, nodes: 2 }
  expect(shards).toEqual([
    { name: 'idem.idempotency_record', ...even },
    { name: 'todo', ...even },
  ])
})

test('a fourth node is added under load, gets shards, and is an entry', async () => {
  const [coordinator] = world.cluster.nodes
  await using sql = await session(coordinator.url)
  const added = await underLoad(world, async () => {
    const node = await world.cluster.addNode()
    await sql.query(
      `select citus_rebalance_start('by_shard_count', shard_transfer_mode => 'force_logical')`,
    )
    await sql.query('select citus_rebalance_wait()')
    return node
  })
  const [held] = await sql.query(
    `select count(*)::int as shards from citus_shards
     where table_name = 'todo'::regclass and nodeport = $1`,
    [added.port],
  )
  expect(held?.shards).toBeGreaterThan(0)
  expect(await findingsIn(added.url)).toEqual(nothing)
  expect(await idemCommand(added.url, 'doctor')).toMatch(healthy)
  const variables = { ...signInVariables, IDEM_LOG_LEVEL: 'error' }
  await using server = await startServer({ database: added, variables })
  const [line] = await world.lines()
  using entry = lineOver(await clientConnection(server.url), () => {})
  for (const [at, account] of world.accounts.entries()) {
    const input = { idempotencyKey: v7(), title: `entry ${at}` }
    const call = { account, operation: 'createTodo', input } as const
    const made = await entry.settle(call)
    expect(made.status).toBe(200)
    expect(await line.settle(call)).toEqual(made)
  }
})

test('a backup that meets a move of a shard fails with a sentence, or has each key with its effect', async () => {
  await using folder = await temporaryFolder()
  await using sql = await session(world.cluster.nodes[0].url)
  const [, left, right] = world.cluster.nodes
  const [there, back] = [
    [left.port, right.port],
    [right.port, left.port],
  ]
  const files: string[] = []
  const failures = new Set<string>()
  await underLoad(world, async () => {
    let isMoving = true
    const moving = (async () => {
      for (const [from, to] of [there, back, there, back]) {
        await sql.query(
          `select citus_move_shard_placement(min(shardid), '127.0.0.1', $1, '127.0.0.1', $2, 'force_logical')
           from citus_shards where table_name = 'todo'::regclass and nodeport = $1`,
          [from, to],
        )
      }
    })().finally(() => {
      isMoving = false
    })
    while (isMoving) {
      const file = join(folder.path, `backup${files.length + failures.size}-${Date.now()}`)
      await writeBackup({ url: world.cluster.nodes[0].url, file }).then(
        () => files.push(file),
        (error: Error) => failures.add(error.message),
      )
      await pause(10)
    }
    await moving
  })
  expect([...failures]).toEqual(['A shard was moved while the backup was written; write it again.'])
  for (const file of files) expect((await restoreOnce(file)).findings).toEqual(nothing)
})

/** How the keys are distributed by hand, apart from the todos or by another column. */
const wrongly = [
  { column: 'owner_id', named: /The rows of an owner are on several nodes/ },
  { column: 'key', named: /idem\.idempotency_record is distributed by key and not by owner_id/ },
]

test('the doctor names a remedy that works for tables that are distributed in another way', async () => {
  const [coordinator] = world.cluster.nodes
  for (const server of world.servers) await server.end('SIGTERM')
  await using it = await session(coordinator.url)
  for (const { column, named } of wrongly) {
    await it.query(`select undistribute_table('idem.idempotency_record')`)
    await it.query(
      `select create_distributed_table('idem.idempotency_record', $1, colocate_with => 'none')`,
      [column],
    )
    const found = await idemCommand(coordinator.url, 'doctor')
    expect(found).toMatch(named)
    await it.query(/run "(select .*?)"/.exec(found)?.[1] ?? '')
    await idemCommand(coordinator.url, 'distribute')
    expect(await idemCommand(coordinator.url, 'doctor')).toMatch(healthy)
    expect(await findingsIn(coordinator.url)).toEqual(nothing)
  }
})
