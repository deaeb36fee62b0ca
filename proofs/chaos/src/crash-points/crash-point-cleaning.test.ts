import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Fault, postgresProxy } from '@idem/test-support/postgres-proxy'
import { seeded, shuffle } from '@idem/test-support/random'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { seedOfRun } from '../report.ts'
import { type CrashWorld, crashWorld } from './crash-point-world.ts'

vi.setConfig({ testTimeout: 120_000 })

const idem = fileURLToPath(new URL('../../../../apps/server/src/idem.ts', import.meta.url))
/** More than two batches. */
const old = 2_500

const faults = ['cut', 'kill-cleaner', 'kill-postgres'] as const

const statements = {
  keys: /^\s*with border as [\s\S]* delete from "idem"\.idempotency_record/,
  tombstones: /^\s*with border as [\s\S]* delete from public\.todo/,
} as const

const crashes = (['keys', 'tombstones'] as const)
  .flatMap((statement) => faults.map((fault) => ({ statement, fault })))
  .flatMap((crash) => (['before', 'after'] as const).map((when) => ({ ...crash, when })))

const seed = seedOfRun()
shuffle(seeded(seed), crashes)
const chosen = process.env.IDEM_PROVE === 'true' ? crashes : crashes.slice(0, 4)

test(`a cleaning cut or killed at any statement completes when repeated, and removes only old rows (seed ${seed})`, async () => {
  await using world = await crashWorld()
  await using proxy = await postgresProxy(world.databaseUrl)
  for (const crash of chosen) {
    const youngest = await fill(world)
    const cleaner = clean(proxy.url)
    const struck = proxy.strike(statements[crash.statement], faultOf(world, cleaner, crash))
    await Promise.all([struck, cleaner.ended])
    await world.heal()
    // Two at once, like two servers.
    const again = [clean(proxy.url), clean(world.databaseUrl)]
    for (const { ended } of again) expect(await ended, JSON.stringify(crash)).toEqual([0, null])
    expect(await left(world), JSON.stringify(crash)).toEqual({
      old: 0,
      young: 1,
      tombstones: 1,
      youngest,
    })
  }
})

type Crash = (typeof crashes)[number]
type Cleaner = ReturnType<typeof clean>

function clean(url: string) {
  const child = spawn(process.execPath, [idem, 'clean-keys'], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      NODE_ENV: 'production',
      DATABASE_URL: url,
    },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  return { ended, kill: () => child.kill('SIGKILL') }
}

function faultOf(world: CrashWorld, cleaner: Cleaner, { fault, when }: Crash): Fault {
  const act = async () => {
    if (fault === 'kill-postgres') await world.killPostgres()
    if (fault !== 'kill-cleaner') return
    cleaner.kill()
    await cleaner.ended
  }
  return when === 'before' ? { before: act } : { after: act }
}

/** Keys and tombstones on both sides of the retention limit; returns the time of the youngest old key. */
function fill(world: CrashWorld): Promise<string> {
  return ask(world, async (client) => {
    await client.query('delete from idem.idempotency_record; delete from todo')
    await client.query(
      `insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
       select 'local', gen_random_uuid(), true, now() - interval '25 h' - interval '1 s' * n
       from generate_series(1, ${old}) n`,
    )
    await client.query(
      `insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
       values ('local', gen_random_uuid(), true, now() - interval '23 h')`,
    )
    await client.query(
      `insert into todo (owner_id, id, title, created_at, updated_at, deleted_at)
       select 'local', gen_random_uuid(), 'Gone', now() - age, now() - age, now() - age
       from unnest(array[interval '400 d', interval '390 d', interval '10 d']) age`,
    )
    const { rows } = await client.query(
      `select max(created_at)::text as youngest from idem.idempotency_record
       where created_at < now() - interval '24 h'`,
    )
    return rows[0].youngest
  })
}

function left(world: CrashWorld) {
  return ask(world, async (client) => {
    const { rows } = await client.query(
      `select count(*) filter (where created_at < now() - interval '24 h')::int as old,
         count(*) filter (where created_at > now() - interval '24 h')::int as young,
         (select count(*) from todo)::int as tombstones,
         (select forgotten_before::text from idem.installation) as youngest
       from idem.idempotency_record`,
    )
    return rows[0]
  })
}

async function ask<Value>(
  world: CrashWorld,
  question: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  const client = new pg.Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    return await question(client)
  } finally {
    await client.end()
  }
}
