import { addAccounts, signInVariables } from '@idem/test-support/accounts'
import { type Chances, times } from '@idem/test-support/draw'
import type { HttpFault } from '@idem/test-support/http-fault'
import { httpProxy } from '@idem/test-support/http-proxy'
import { type Gust, postgresProxy } from '@idem/test-support/postgres-proxy'
import type { Random } from '@idem/test-support/random'
import { watchEffects } from '../checker/effect-log.ts'
import type { Evidence } from '../checker/facts.ts'
import type { InjectedFault } from '../parts/part-record.ts'
import { startClients } from '../senders/clients.ts'
import { restartableServer } from '../servers/restartable-server.ts'
import { injectFault } from './inject-fault.ts'
import { type KillablePostgres, killablePostgres } from './killable-postgres.ts'
import type { Plan } from './plan-faults.ts'
import { sampleSessions } from './session-samples.ts'

export type NemesisSettings = {
  readonly random: Random
  readonly mutant?: string | undefined
  /** A factor for the number of faults. */
  readonly severity?: number
  /** Starts a migrated PostgreSQL. Default: the embedded one. */
  readonly startPostgres?: () => Promise<KillablePostgres>
}

/** About one in fourteen requests, and some more that are only slow. */
const onTheWayToTheServers: Chances<HttpFault> = {
  cut_before: 18,
  cut_after: 22,
  late: 12,
  hang: 4,
  duplicate: 18,
  delay: 10,
  slice: 20,
}

/** A request takes several messages, a batch of requests one; silence costs the server five seconds. */
const onTheWayToPostgres: Chances<Gust> = {
  cut_before: 0.8,
  cut_after: 0.8,
  delay: 0.8,
  swallow_answer: 0.1,
  hang: 0.1,
}

/** Less than the server's own time-outs, so that a sender continues soon after a silence. */
const attemptTimeoutMs = 2_000
const senders = 40
/** Their senders have equal keys and ids. */
const names = ['ann', 'bob']

/** Senders of two accounts, a network, two real servers, another network and a PostgreSQL, all of them unreliable. */
export async function nemesisWorld(settings: NemesisSettings) {
  const { random, mutant, severity = 1, startPostgres = killablePostgres } = settings
  const postgres = await startPostgres()
  const log = await watchEffects(postgres.url)
  const accounts = await addAccounts(postgres.url, names)
  const proxy = await postgresProxy(postgres.url)
  const server = () =>
    restartableServer({
      database: { url: proxy.url },
      variables: { ...signInVariables, IDEM_LOG_LEVEL: 'error' },
      mutant,
    })
  const servers = await Promise.all([server(), server()]).catch(async (error) => {
    await proxy[Symbol.asyncDispose]()
    await postgres[Symbol.asyncDispose]()
    throw error
  })
  const network = await httpProxy({
    targets: servers.map(({ now }) => now.url),
    random: random.fork(1_001),
    chances: times(severity, onTheWayToTheServers),
  })
  proxy.storm(random.fork(1_002), times(severity, onTheWayToPostgres))
  const clients = startClients({
    ...{ urls: [network.url], random, senders, attemptTimeoutMs },
    apiKeys: accounts.map(({ apiKey }) => apiKey),
  })
  const { history } = clients
  const sessions = sampleSessions(log, history.now)
  const done: InjectedFault[] = []

  return {
    clients,
    network,
    proxy,
    done,
    /** The output of the servers. */
    output: () => servers.map(({ now }) => now.output()).join('\n'),
    async suffer(plan: Plan): Promise<void> {
      await clients.attempts(plan.atAttempt)
      const at = history.now()
      const target = await injectFault(plan, { servers, postgres, proxy, log })
      done.push({ kind: plan.fault, at, until: history.now(), target })
    },
    /** The evidence of each account so far. */
    async evidence(): Promise<Evidence[]> {
      const [effects, records] = await Promise.all([log.effects(), log.records()])
      return accounts.map(({ owner }, at) => ({
        events: history.events.filter(({ sender }) => sender % accounts.length === at),
        effects: effects.filter((effect) => effect.owner === owner),
        records: records.filter((record) => record.owner === owner),
        samples: sessions.samples,
      }))
    },
    /** Ends all faults, lets the senders finish, and returns the evidence. */
    async heal() {
      await network.calm()
      const struck = proxy.calm()
      const { healedAt, wellAgainMs } = await clients.finish()
      await sessions.whenQuiet()
      const evidence = (await this.evidence()).map((each) => ({ ...each, healedAt }))
      return { struck, wellAgainMs, evidence }
    },
    async [Symbol.asyncDispose]() {
      await clients[Symbol.asyncDispose]()
      await sessions[Symbol.asyncDispose]()
      await network[Symbol.asyncDispose]()
      await Promise.all(servers.map((one) => one[Symbol.asyncDispose]()))
      await proxy[Symbol.asyncDispose]()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
