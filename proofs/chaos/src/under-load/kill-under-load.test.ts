import { seeded } from '@idem/test-support/random'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test, vi } from 'vitest'
import { type EffectLog, watchEffects } from '../checker/effect-log.ts'
import { codes, expectNoViolation, figures, seedOfRun } from '../report.ts'
import { startClients } from '../senders/clients.ts'
import { embeddedDatabase } from '../servers/embedded-database.ts'
import { restartableServer } from '../servers/restartable-server.ts'

/** Five kills per run find a bug that shows in one kill of ten after some days. */
const isProving = process.env.IDEM_PROVE === 'true'
const kills = isProving ? 100 : 5
/** Between two kills. */
const mostAnswers = isProving ? 400 : 150
const seed = seedOfRun()

vi.setConfig({ testTimeout: 60_000 + kills * 15_000 })

test('a server killed at any moment loses no acknowledged write and executes nothing twice', async ({
  task,
}) => {
  await using folder = await temporaryFolder()
  const database = { dataDir: folder.path }
  const random = seeded(seed)
  await using servers = await restartableServer({ database })
  const log = await watchEffects((await embeddedDatabase(folder.path)).url)
  await using clients = startClients({ urls: [servers.now.url], random })
  const restarts: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await clients.answers(random.between(1, mostAnswers))
    await servers.now.end('SIGKILL')
    restarts.push(await servers.restart())
    expect(servers.now.output()).toContain('still running')
  }
  await settle({ clients, log, restarts, test: task.name })
})

test('server and database killed together lose no acknowledged write and serve again within 3 s', async ({
  task,
}) => {
  await using folder = await temporaryFolder()
  const database = { dataDir: folder.path }
  const random = seeded(seed + 1)
  await using servers = await restartableServer({ database })
  const log = await watchEffects((await embeddedDatabase(folder.path)).url)
  await using clients = startClients({ urls: [servers.now.url], random })
  const restarts: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await clients.answers(random.between(1, mostAnswers))
    const { pid } = await embeddedDatabase(folder.path)
    process.kill(pid, 'SIGKILL')
    await servers.now.end('SIGKILL')
    restarts.push(await servers.restart())
  }
  await settle({ clients, log, restarts, test: task.name })
  // The median, because another program can make any single start slow.
  expect(restarts.toSorted((one, other) => one - other)[kills >> 1]).toBeLessThan(3_000)
})

test('a second server on a data folder in use fails with a readable error within a second, and the first keeps running', async () => {
  await using folder = await temporaryFolder()
  const database = { dataDir: folder.path }
  const started = performance.now()
  await using first = await startServer({ database })
  const startMs = performance.now() - started
  const took: number[] = []
  for (let tries = 0; tries < 3; tries += 1) {
    const begun = performance.now()
    await expect(startServer({ database })).rejects.toThrow(
      /^The data folder \S+ is in use by process \d+; stop that one first, or set IDEM_DATA_DIR to another folder\.$/m,
    )
    took.push(Math.round(performance.now() - begun))
  }
  console.log(`refused after ${took.join(' ')} ms`)
  // The fastest; on a busy machine at least faster than a start.
  expect(Math.min(...took)).toBeLessThan(Math.max(1_000, startMs))
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
})

test('two servers on one database, killed in turn, lose no acknowledged write and execute nothing twice', async ({
  task,
}) => {
  await using database = await scratchDatabase()
  const random = seeded(seed + 2)
  await using one = await restartableServer({ database })
  await using other = await restartableServer({ database })
  const log = await watchEffects(database.url)
  await using clients = startClients({ urls: [one.now.url, other.now.url], random })
  const restarts: number[] = []
  for (let kill = 0; kill < kills + 1; kill += 1) {
    await clients.answers(random.between(1, mostAnswers))
    const servers = kill % 2 === 0 ? one : other
    await servers.now.end('SIGKILL')
    restarts.push(await servers.restart())
  }
  await settle({ clients, log, restarts, test: task.name })
})

test('database sessions cut at any moment settle to one effect, without a reported failure', async ({
  task,
}) => {
  await using database = await scratchDatabase()
  const random = seeded(seed + 3)
  await using one = await startServer({ database })
  await using other = await startServer({ database })
  const log = await watchEffects(database.url)
  await using clients = startClients({ urls: [one.url, other.url], random })
  let cut = 0
  for (let times = 0; times < kills * 4; times += 1) {
    await clients.answers(random.between(1, 100))
    cut += await log.cutSessions()
  }
  expect(cut).toBeGreaterThan(kills * 4)
  await settle({ clients, log, restarts: [], test: task.name })
})

/** Lets the senders finish and compares their history with the database. */
async function settle(run: {
  clients: ReturnType<typeof startClients>
  log: EffectLog
  restarts: readonly number[]
  test: string
}) {
  const { healedAt, wellAgainMs } = await run.clients.finish()
  const { events } = run.clients.history
  const [effects, records, stuck] = await Promise.all([
    run.log.effects(),
    run.log.records(),
    run.log.stuckSessions(),
  ])
  console.log(
    `${figures(events)}, restarts ${run.restarts.map(Math.round).join(' ')} ms, well again after ${Math.round(wellAgainMs)} ms, seed ${seed}`,
  )
  expectNoViolation({ seed, test: run.test, evidence: { events, effects, records, healedAt } })
  expect(codes(events)).not.toContain('unexpected')
  expect(stuck).toBe(0)
}
