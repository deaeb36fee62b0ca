import { setTimeout as pause } from 'node:timers/promises'
import { seeded } from '@idem/test-support/random'
import type { RunningContender } from '../contenders/start-contender.ts'
import { connected, createExchange } from '../requests/exchange.ts'
import { ask } from '../servers/bench-database.ts'
import { asText, newIntent, sendWithRetries } from './retrying-client.ts'

export type OncePlan = {
  readonly attempts: number
  readonly creates: number
  readonly kills: number
  /** How long a client sends an intent again before it gives up. */
  readonly patienceMs: number
  readonly seed: number
}

export type Once = {
  readonly contender: string
  /** Todos from many attempts at once with one key. */
  readonly atOnce: number
  /** Todos from the creates during which the server was killed. */
  readonly killed: number
  /** Creates whose key got no answer but a refusal until the client gave up. */
  readonly stuck: number
}

/** Each creates one todo after the other. */
const clients = 16

/** Counts the todos that a contender creates from repeated requests. */
export async function checkOnce(running: RunningContender, plan: OncePlan): Promise<Once> {
  return {
    contender: running.contender.name,
    atOnce: await createAtOnce(running, plan),
    ...(await createWhileKilled(running, plan)),
  }
}

async function createAtOnce(
  { url, databaseUrl }: RunningContender,
  { attempts, patienceMs }: OncePlan,
): Promise<number> {
  const intent = newIntent('at once')
  const { hostname, port } = new URL(url)
  // Connected before, so that the requests arrive together.
  const sockets = await Promise.all(
    Array.from({ length: attempts }, () => connected(hostname, Number(port))),
  )
  const request = asText(url, intent)
  const answers = sockets.map(async (socket) => (await createExchange(socket)(request)).status)
  const limit = pause(patienceMs, undefined, { ref: false })
  const statuses = await Promise.all(
    answers.map((answer) => Promise.race([answer, limit]).catch(() => undefined)),
  )
  for (const socket of sockets) socket.destroy()
  const refused = statuses.filter((status) => status !== 200)
  await Promise.all(refused.map(() => sendWithRetries(url, intent, patienceMs)))
  return todosIn(databaseUrl, intent.title)
}

async function createWhileKilled(
  { url, databaseUrl, killAndRestart }: RunningContender,
  { creates, kills, patienceMs, seed }: OncePlan,
): Promise<Pick<Once, 'killed' | 'stuck'>> {
  const killAfter = killPoints({ creates, kills, seed })
  let [sent, acknowledged, stuck] = [0, 0, 0]
  let restarted = Promise.resolve()

  async function client(): Promise<void> {
    while (sent < creates) {
      sent += 1
      if (!(await sendWithRetries(url, newIntent(`killed ${sent}`), patienceMs))) {
        stuck += 1
        continue
      }
      acknowledged += 1
      // At once, while the requests of the other clients are in progress.
      if (killAfter.has(acknowledged)) restarted = restarted.then(killAndRestart)
    }
  }

  await Promise.all(Array.from({ length: clients }, client))
  await restarted
  return { killed: await todosIn(databaseUrl, 'killed %'), stuck }
}

/** Numbers of acknowledged creates, one in each part of the run, and none when no client would notice. */
function killPoints({ creates, kills, seed }: Pick<OncePlan, 'creates' | 'kills' | 'seed'>) {
  const random = seeded(seed)
  const part = Math.floor((creates - 2 * clients) / kills)
  return new Set(
    Array.from({ length: kills }, (_, at) => clients + at * part + random.between(0, part - 1)),
  )
}

async function todosIn(databaseUrl: string, title: string): Promise<number> {
  const [row] = await ask(
    databaseUrl,
    `select count(*)::int as todos from todo where title like '${title}'`,
  )
  return Number(row?.todos)
}
