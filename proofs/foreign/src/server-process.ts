import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@idem/test-support/free-port'

export type Command = {
  readonly cwd: string
  readonly args: (port: number) => readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
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
      await killed(child)
      child = await started(command, port)
    },
    [Symbol.asyncDispose]: () => killed(child),
  }
}

async function started({ cwd, args, env }: Command, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...args(port)], {
    cwd,
    env: { ...process.env, ...env },
    // A separate process group, because the server may be a child of this command.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-10_000)
    })
  }
  try {
    await answers(child, `http://127.0.0.1:${port}/api/trpc/post.getLatest`)
    return child
  } catch (error) {
    await killed(child)
    throw new Error(`The server did not serve. It said:\n${output}`, { cause: error })
  }
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + mostStartMs
  for (;;) {
    const response = await fetch(url, { headers: { cookie } }).catch(() => undefined)
    if (response?.ok) return
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`)
    if (performance.now() > deadline) throw new Error(`It answered ${response?.status}.`)
    await pause(100)
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await exited
}
