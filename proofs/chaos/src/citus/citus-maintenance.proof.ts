import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkBackup } from '@idem/database/backup/read-backup'
import { tryRestore } from '@idem/database/backup/try-restore'
import { writeBackup } from '@idem/database/backup/write-backup'
import { migrate } from '@idem/database/migrate'
import { clean } from '@idem/operations/clean'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test, vi } from 'vitest'
import { underLoad } from './cluster-load.ts'
import {
  emptyDatabase,
  findingsIn,
  nothing,
  policy,
  restoreOnce,
  session,
  worldOfFile,
} from './cluster-maintenance.ts'
import type { ClusterWorld } from './cluster-world.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let world: ClusterWorld
worldOfFile((it) => {
  world = it
})

const entries = [
  ['the coordinator', 0],
  ['a worker', 1],
] as const

const fill = (age: string) => [
  `insert into todo (owner_id, id, title, created_key, created_at, updated_at, deleted_at)
    select 'o' || n % 100, gen_random_uuid(), 'x', '${age}' || n, now() - interval '${age}', now(),
      case when n % 2 = 0 then now() - interval '${age}' end from generate_series(1, 4000) as n`,
  `insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
    select owner_id, created_key, 'createTodo', sha256('x'),
      json_build_object('id', id, 'version', 1)::text, created_at
    from todo where created_key like '${age}%'`,
]
const empty = ['idem.idempotency_record', 'todo'].map(
  (table) => `delete from ${table} where owner_id like 'o%'`,
)

test.each(entries)('keys and tombstones are cleaned and compared from %s', async (_, node) => {
  await using it = await session(world.cluster.nodes[node].url)
  for (const each of [...empty, ...fill('1 hour'), ...fill('2 days')]) await it.query(each)
  const settings = { query: it.query, policy, tombstoneRetentionDays: 1, expiredRows: [] }
  const { signal } = new AbortController()
  await underLoad(world, async () => {
    expect(await clean({ ...settings, signal, waitMs: 10 })).toEqual({
      keys: { removed: 4_000 },
      tombstones: { removed: 2_000 },
      sign_in: { removed: 0 },
    })
    expect(await findingsIn(world.cluster.nodes[node].url)).toEqual(nothing)
  })
  const [kept] = await it.query(`
    select (select count(*)::int from todo where owner_id like 'o%') as todos,
      (select count(*)::int from idem.idempotency_record where owner_id like 'o%') as keys,
      (select now() - forgotten_before between interval '47 h' and interval '49 h' from idem.installation) as forgotten`)
  expect(kept).toEqual({ todos: 6_000, keys: 4_000, forgotten: true })
  await it.query(`delete from idem.idempotency_record where owner_id = 'o3' and key = '1 hour3'`)
  await it.query(`delete from todo where owner_id = 'o5' and created_key = '1 hour5'`)
  expect(await findingsIn(world.cluster.nodes[node].url)).toEqual({
    duplicates: 0,
    keysWithoutEffect: 1,
    effectsWithoutKey: 1,
  })
  for (const each of empty) await it.query(each)
})

test('metrics show the nodes and count the keys of all of them', async () => {
  const shown = await underLoad(world, () =>
    Promise.all(world.servers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text())),
  )
  const [, ...workers] = world.cluster.nodes
  for (const metrics of shown) {
    expect(Number(/^idem_records (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0)
    expect(metrics).toMatch(/^idem_ready 1$/m)
    expect(metrics).not.toContain('sqlstate="0A000"')
    for (const { port } of workers) {
      expect(metrics).toContain(`idem_node_work{node="127.0.0.1:${port}",kind="batches"`)
      expect(metrics).toContain(
        `idem_node_refused_total{node="127.0.0.1:${port}",kind="batches"} 0`,
      )
    }
  }
})

test.each(entries)(
  'a backup through %s under load has each key with its effect, and is restored into one PostgreSQL',
  async (_, node) => {
    await using folder = await temporaryFolder()
    const { url } = world.cluster.nodes[node]
    const files = ['a', 'b', 'c'].map((name) => join(folder.path, name))
    await underLoad(world, async () => {
      for (const file of files) await writeBackup({ url, file })
    })
    for (const file of files) {
      const { counts, findings } = await restoreOnce(file)
      expect(counts.auth_user).toBe(world.accounts.length)
      expect(findings).toEqual(nothing)
    }
    // Each row as it was written, whatever the zone of the nodes.
    const file = files[0] ?? ''
    await using again = await emptyDatabase()
    const { header } = await checkBackup(file, () => [])
    await tryRestore({ url: again.url, file, header, again: join(folder.path, 'again') })
  },
)

test('a later migration is applied under load, from the coordinator, and recorded on each node', async () => {
  await using folder = await temporaryFolder()
  const directory = join(folder.path, 'migrations')
  await cp(ofThisRelease, directory, { recursive: true })
  for (const [name, sql] of Object.entries(later)) {
    await mkdir(join(directory, name))
    await writeFile(join(directory, name, 'migration.sql'), sql)
  }
  const [coordinator, worker] = world.cluster.nodes
  await underLoad(world, async () => {
    await expect(migrate({ url: worker.url, directory })).rejects.toThrow(
      /This node is a worker: run "idem migrate" with a DATABASE_URL of the coordinator/,
    )
    const names = Object.keys(later)
    expect(await migrate({ url: coordinator.url, directory })).toEqual({ applied: names })
  })
  for (const { url } of world.cluster.nodes) {
    expect(await migrate({ url, directory })).toEqual({ applied: [] })
    await using it = await session(url)
    const [row] = await it.query(`
      select (select count(*) from todo where colour = 'none') = (select count(*) from todo) as has_default,
        (select count(*) from auth_user where locale is null)::int as accounts`)
    expect(row).toEqual({ has_default: true, accounts: world.accounts.length })
  }
  await using it = await session(coordinator.url)
  const shards = await it.query(`select result from run_command_on_shards('todo', $$
    select count(*) from pg_index where indrelid = '%s'::regclass and indisvalid and pg_get_indexdef(indexrelid) like '%%colour%%' $$)`)
  expect(new Set(shards.map(({ result }) => result))).toEqual(new Set(['1']))
})

const ofThisRelease = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url))

/** What the rules for migrations allow. */
const later = {
  '30000101000000_columns': `alter table todo add column colour text not null default 'none'; alter table auth_user add column locale text; alter table _prisma_migrations set (fillfactor = 90)`,
  '30000102000000_index': 'create index concurrently todo_colour_idx on todo (owner_id, colour)',
  '30000103000000_constraint':
    'alter table todo add constraint todo_colour check (length(colour) < 100) not valid',
  '30000104000000_validated': 'alter table todo validate constraint todo_colour',
}
