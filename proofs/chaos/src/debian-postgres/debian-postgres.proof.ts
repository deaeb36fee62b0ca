import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from '@idem/database/migrate'
import { seeded } from '@idem/test-support/random'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { nemesisWorld } from '../nemesis/nemesis-world.ts'
import { planFaults } from '../nemesis/plan-faults.ts'
import { expectNoViolation, figures, seedOfRun } from '../report.ts'
import { debianBinaries } from './debian-binaries.ts'
import { type DebianPostgres, debianPostgres } from './debian-postgres.ts'

/** Three times the duration of the longest; a hanging run ends before the test times out. */
const mostRunMs = 540_000
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 })

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const attempts = 5_000

let postgres: DebianPostgres
beforeAll(async () => {
  postgres = await debianPostgres()
})
afterAll(() => postgres?.[Symbol.asyncDispose]())

test('the server under test is that of Debian: version 17, jit on, German messages, another time zone, a plain role', async () => {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('jit') as jit,
        pg_jit_available() as "canCompile", current_setting('timezone') as zone, usesuper as superuser,
        datcollate as collation from pg_user, pg_database
       where usename = current_user and datname = current_database()`,
    )
    expect(rows).toEqual([
      {
        major: 17,
        jit: 'on',
        canCompile: true,
        zone: 'America/New_York',
        superuser: false,
        collation: 'de_DE.UTF-8',
      },
    ])
    await expect(client.query('selekt')).rejects.toThrow('Syntaxfehler')
  } finally {
    await client.end()
  }
})

test('on another system than Debian 13 this proof fails with a readable error', async () => {
  await expect(debianBinaries('/dev/null')).rejects.toThrow('needs Debian 13')
})

test.each(['src/races/races.test.ts', 'src/database-errors/sql-state.test.ts', 'src/model'])(
  '%s passes on the PostgreSQL of Debian with the plain role',
  async (files) => {
    const { username, password } = new URL(postgres.superuserUrl)
    const settings = {
      IDEM_TEST_DATABASE_URL: postgres.url,
      IDEM_TEST_SUPERUSER: `${username}:${password}`,
    }
    const { code, output } = await runTests(files, settings)
    expect(code, output).toBe(0)
  },
)

test('each intent has one effect on the PostgreSQL of Debian under faults of network, servers and database', async ({
  task,
}) => {
  const seed = seedOfRun()
  const random = seeded(seed)
  await using world = await nemesisWorld({
    random,
    async startPostgres() {
      const own = await debianPostgres()
      await migrate({ url: own.url })
      return own
    },
  })
  for (const plan of planFaults(random.fork(1_000), { attempts, apart: 400 })) {
    await world.suffer(plan)
  }
  await world.clients.attempts(attempts)
  const { evidence, wellAgainMs } = await world.heal()
  console.log(
    `seed ${seed}, ${world.done.length} faults, well again after ${wellAgainMs} ms; ${figures(evidence.flatMap(({ events }) => events))}`,
  )
  for (const ofAccount of evidence) {
    expectNoViolation({ seed, test: task.name, evidence: ofAccount, faults: world.done })
  }
  expect(world.done.length).toBeGreaterThan(5)
})

/** In a separate run with its own settings, in the short form. */
async function runTests(files: string, settings: Readonly<Record<string, string>>) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^VITEST|^IDEM_PROVE$/.test(name),
  )
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--project', '@idem/chaos', files], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...settings } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: mostRunMs,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  return { code, output }
}
