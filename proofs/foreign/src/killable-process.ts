import { spawn } from 'node:child_process'
import { once } from 'node:events'

export type Program = {
  readonly cwd: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The path of a Node; that of this process by default. */
  readonly node?: string | undefined
}

export type KillableProcess = {
  /** The last 10,000 characters that it has written. */
  readonly output: () => string
  readonly exitCode: () => number | null
  /** Ends it and all its children at once. */
  readonly kill: () => Promise<void>
}

/** Starts a program with Node, in a process group of its own, because it may start children. */
export function startKillable({ cwd, args, env, node }: Program): KillableProcess {
  const child = spawn(node ?? process.execPath, [...args], {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-10_000)
    })
  }
  return {
    output: () => output,
    exitCode: () => child.exitCode,
    async kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      process.kill(-child.pid, 'SIGKILL')
      await exited
    },
  }
}
