import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { ask, type BenchDatabase } from '../servers/bench-database.ts'
import { startChild } from './child.ts'
import type { Contender } from './contenders.ts'
import { startRestate, startValkey } from './services.ts'

export type RunningContender = AsyncDisposable & {
  readonly contender: Contender
  /** The URL of a create. */
  readonly url: string
  readonly databaseUrl: string
  /** The server, and the service that it stores in. */
  readonly pids: () => readonly number[]
  /** Kills its process, not what it stores in, and starts it again on its port. */
  readonly killAndRestart: () => Promise<void>
}

const services = { valkey: startValkey, restate: startRestate }

/** Starts a contender on a new database, with nothing else running beside it. */
export async function startContender(
  contender: Contender,
  database: BenchDatabase,
): Promise<RunningContender> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await temporaryFolder())
  const { url: databaseUrl } = starting.use(await database.scratch(contender.name))
  if (contender.tables !== undefined) await ask(databaseUrl, contender.tables)
  // Creating the database wrote files, whose cost is not measured.
  await ask(databaseUrl, 'checkpoint')
  const service = contender.service && starting.use(await services[contender.service](folder))

  const port = await freePort()
  const program = {
    command: process.execPath,
    args: contender.args(port),
    env: { DATABASE_URL: databaseUrl, PORT: String(port), ...service?.env },
    channel: true,
    log: `${folder.path}/log`,
    port,
  }
  let child = await startChild(program)
  // Nothing of it is used again.
  starting.defer(() => child.end('SIGKILL'))
  const origin = `http://127.0.0.1:${port}`
  const front = (await service?.front?.(origin)) ?? origin
  const running = starting.move()
  return {
    contender,
    url: `${front}${contender.path}`,
    databaseUrl,
    pids: () => [child.pid, ...(service === undefined ? [] : [service.pid])],
    async killAndRestart() {
      await child.end('SIGKILL')
      child = await startChild(program)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
