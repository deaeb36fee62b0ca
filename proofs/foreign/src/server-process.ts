import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@idem/test-support/free-port'
import { type KillableProcess, type Program, startKillable } from './killable-process.ts'

export type Command = Omit<Program, 'args'> & {
  readonly args: (port: number) => readonly string[]
  /** The path of a page that a server answers which serves. */
  readonly readyPath: string
}

export type ForeignServer = AsyncDisposable & {
  readonly url: string
  /** Ends all of its processes at once and starts it again on its port. */
  readonly killAndRestart: () => Promise<void>
}

/** The cookie of the session that `t3/tables.sql` creates. */
const cookie = 'authjs.session-token=session-of-ann'

/** On two busy cores the first request of `next dev` takes a minute. */
const mostStartMs = 240_000

/** Starts a server of another project with Node; resolves when it answers. */
export async function foreignServer(command: Command): Promise<ForeignServer> {
  const port = await freePort()
  let child = await started(command, port)
  return {
    url: `http://127.0.0.1:${port}`,
    async killAndRestart() {
      await child.kill()
      child = await started(command, port)
    },
    [Symbol.asyncDispose]: () => child.kill(),
  }
}

async function started(
  { args, readyPath, ...program }: Command,
  port: number,
): Promise<KillableProcess> {
  const child = startKillable({ ...program, args: args(port) })
  try {
    await answers(child, `http://127.0.0.1:${port}${readyPath}`)
    return child
  } catch (error) {
    await child.kill()
    throw new Error(`The server did not serve. It said:\n${child.output()}`, { cause: error })
  }
}

async function answers(child: KillableProcess, url: string): Promise<void> {
  const deadline = performance.now() + mostStartMs
  for (;;) {
    const response = await fetch(url, { headers: { cookie } }).catch(() => undefined)
    if (response?.ok) return
    const exitCode = child.exitCode()
    if (exitCode !== null) throw new Error(`It ended with ${exitCode}.`)
    if (performance.now() > deadline) throw new Error(`It answered ${response?.status}.`)
    await pause(100)
  }
}
