import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Ended } from '@idem/test-support/server-process'
import { allGone, treeBelow } from './process-tree.ts'

export type Launched = AsyncDisposable & {
  /** The URL it serves, or undefined when it exited first. */
  readonly url: string | undefined
  readonly output: () => string
  readonly ended: Promise<Ended>
  readonly kill: (signal: NodeJS.Signals) => void
  /** Like Ctrl-C in a terminal. */
  readonly killGroup: (signal: NodeJS.Signals) => void
  /** Its process and all its descendants. */
  readonly tree: () => Promise<number[]>
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))
/** The server gives requests in progress 20 s, and its database a few more. */
const mostStopMs = 30_000

/** The command of a person, and that of a unit file. */
export type Command = 'npm start' | 'node scripts/start.mjs'

/** Starts everything in a temporary data folder, on a free port unless `variables` name one. */
export async function launch(
  dataDir: string,
  command: Command = 'node scripts/start.mjs',
  variables: Readonly<Record<string, string>> = {},
): Promise<Launched> {
  const [program = '', ...words] = command.split(' ')
  const child = spawn(program, words, {
    cwd: root,
    env: {
      ...withoutSettings(process.env),
      ...{ IDEM_DATA_DIR: dataDir, PORT: '0', DATABASE_URL: '' },
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const pid = Number(child.pid)
  let output = ''
  const ended: Promise<Ended> = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  const url = await new Promise<string | undefined>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk
        const served = /^serve +(http:\S+)/m.exec(output)?.[1]
        if (served !== undefined) resolve(served)
      })
    }
    child.once('close', () => resolve(undefined))
  })
  const seen = new Set<number>()
  async function tree(): Promise<number[]> {
    const now = await treeBelow(pid)
    for (const one of now) seen.add(one)
    return now
  }
  return {
    url,
    output: () => output,
    ended,
    kill: (signal) => child.kill(signal),
    killGroup: (signal) => process.kill(-pid, signal),
    tree,
    async [Symbol.asyncDispose]() {
      await tree()
      child.kill('SIGTERM')
      await ended
      // After a failed test an orphaned process may be left.
      const left = await allGone([...seen], mostStopMs)
      for (const one of left) process.kill(one, 'SIGKILL')
    },
  }
}

/** Drops the developer's settings, which the test did not choose or the server does not know. */
function withoutSettings(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = /^(IDEM_|NODE_ENV$|NODE_OPTIONS$|HOST$|VITEST|npm_)/
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !settings.test(name)))
}
