import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@idem/test-support/free-port'
import { startChild } from '../contenders/child.ts'
import { contenderNamed } from '../contenders/contenders.ts'

export type App = AsyncDisposable & {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** Of a create. */
  readonly url: string
  readonly pid: number
}

/** One server process of Idem's app on this database, as in production; its log goes to a file. */
export async function startApp(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<App> {
  const { args, path } = contenderNamed('create')
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'idem-scale-'))
  await using starting = new AsyncDisposableStack()
  starting.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  const child = starting.use(
    await startChild({
      command: process.execPath,
      args: args(port),
      env: { DATABASE_URL: databaseUrl, PORT: String(port), ...settings },
      channel: true,
      log: join(folder, 'log'),
      port,
    }),
  )
  const running = starting.move()
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    url: `${origin}${path}`,
    pid: child.pid,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
