import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export type Program = {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Whether it ends when the channel to its parent closes. */
  readonly channel?: boolean
  /** A file for its output. Through a pipe, this process would have to read each line of a log. */
  readonly log: string
  /** It is ready when it takes connections here. */
  readonly port: number
}

export type Child = AsyncDisposable & {
  readonly pid: number
  /** Ends it and all its children with this signal. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

/** The process groups that run. */
const running = new Set<number>()
// Also after a signal or an error, which the work in progress does not wait for.
process.once('exit', () => {
  for (const pid of running) kill(pid, 'SIGTERM')
})

const mostStartMs = 60_000
const mostEndMs = 10_000

/** Starts a program in a process group of its own; resolves when it takes connections. */
export async function startChild(program: Program): Promise<Child> {
  const { command, args, env = {}, cwd, channel = false, log, port } = program
  const output = openSync(log, 'a')
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, NODE_ENV: 'production', ...env },
    detached: true,
    stdio: channel ? ['ignore', output, output, 'ipc'] : ['ignore', output, output],
  })
  closeSync(output)
  const pid = pidOf(child)
  running.add(pid)
  const exited = once(child, 'exit').finally(() => running.delete(pid))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (hasEnded()) return
    const limit = setTimeout(() => kill(pid, 'SIGKILL'), mostEndMs)
    kill(pid, signal)
    await exited
    clearTimeout(limit)
  }

  const deadline = performance.now() + mostStartMs
  while (!(await takesConnections(port))) {
    if (!hasEnded() && performance.now() < deadline) continue
    await end('SIGKILL')
    throw new Error(`${args.join(' ')} did not start. It said:\n${readFileSync(log, 'utf8')}`)
  }
  return { pid, end, [Symbol.asyncDispose]: () => end('SIGTERM') }
}

function pidOf({ pid, spawnfile }: ChildProcess): number {
  if (pid === undefined) throw new Error(`${spawnfile} could not be started.`)
  return pid
}

function kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // The process group ended at this moment.
  }
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const connected = await once(socket, 'connect').then(
    // The system may choose the same port for this end, and then it is connected with itself.
    () => socket.localPort !== port,
    () => pause(20, false),
  )
  socket.destroy()
  return connected
}
