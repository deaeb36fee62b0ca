import { type Chances, times } from '@idem/test-support/draw'
import type { HttpFault } from '@idem/test-support/http-fault'
import { httpProxy } from '@idem/test-support/http-proxy'
import { seeded } from '@idem/test-support/random'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { expect, test, vi } from 'vitest'
import { watchEffects } from '../checker/effect-log.ts'
import { codes, expectNoViolation, figures, seedOfRun } from '../report.ts'
import { startClients } from '../senders/clients.ts'
import { buildNextRelease } from './build-next-release.ts'

const isProving = process.env.IDEM_PROVE === 'true'
/** Between two steps of the upgrade. */
const attempts = isProving ? 10_000 : 200
/** Few, because a server that starts needs the same cores. */
const senders = 4
const seed = seedOfRun()

// Three servers start beside a load; on an idle machine that takes seconds.
vi.setConfig({ testTimeout: 400_000 + attempts * 100 })

const faults: Chances<HttpFault> = { cut_before: 10, cut_after: 15, late: 10, duplicate: 15 }
const networks = [
  { network: 'a good network', severity: 0 },
  { network: 'a faulty network', severity: 1 },
]

test.for(isProving ? networks : networks.slice(0, 1))(
  'a rolling upgrade and its rollback under load fail no request and double no intent, in $network',
  async ({ severity }, { task }) => {
    const random = seeded(seed)
    await using next = await buildNextRelease({ page: 'current' })
    await using database = await scratchDatabase()
    const log = await watchEffects(database.url)
    const serve = (main?: string) =>
      startServer({ database, main, variables: { IDEM_LOG_LEVEL: 'error' } })
    await using running = new AsyncDisposableStack()
    const first = running.use(await serve())
    // Like the list of a load balancer: a server is taken out before it is stopped.
    const targets = [first.url]
    await using network = await httpProxy({
      targets,
      random: random.fork(1_001),
      chances: times(severity, faults),
    })
    await using clients = startClients({ urls: [network.url], random, senders })
    const { history } = clients
    let wanted = 0
    async function someLoad(): Promise<void> {
      wanted += attempts
      await clients.attempts(wanted)
    }

    await someLoad()
    const upgraded = running.use(await serve(next.main))
    expect(upgraded.output()).toMatch(/^migrate +idem 2, \S+archived_at, \S+archived_idx/m)
    targets.push(upgraded.url)
    await someLoad()
    targets.splice(0, 1)
    await first.end('SIGTERM')
    await someLoad()
    const rolledBack = running.use(await serve())
    expect(rolledBack.output()).toMatch(/^migrate +up to date/m)
    targets.push(rolledBack.url)
    await someLoad()
    targets.splice(0, 1)
    await upgraded.end('SIGTERM')
    await someLoad()

    await network.calm()
    const { healedAt } = await clients.finish()
    const events = [...history.events]
    console.log(`${network.requests()} requests, seed ${seed}; ${figures(events)}`)
    const [effects, records] = await Promise.all([log.effects(), log.records()])
    expectNoViolation({ seed, test: task.name, evidence: { events, effects, records, healedAt } })
    expect(codes(events)).not.toContain('unexpected')
    if (severity > 0) return
    expect(codes(events)).not.toContain('unavailable')
    expect(events.filter(({ happened }) => happened.kind === 'unknown')).toEqual([])
  },
)
