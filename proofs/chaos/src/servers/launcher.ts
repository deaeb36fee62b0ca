import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { allGone, treeBelow } from './process-tree.ts'
import type { Ended } from './server-process.ts'

export type Launched = AsyncDisposable & {
  /** Where it serves, or undefined when it ended first. */
  readonly url: string | undefined
  readonly output: () => string
  readonly ended: Promise<Ended>
  readonly kill: (signal: NodeJS.Signals) => void
  /** As the terminal does it when someone presses Ctrl-C. */
  readonly killGroup: (signal: NodeJS.Signals) => void
  /** It and everything it has started so far. */
  readonly tree: () => Promise<number[]>
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))
/** The server gives what is under way 20 s, and its database a few more. */
const mostStopMs = 30_000

/** Typed by a person, or put into a unit file by an operator. */
export type Command = 'npm start' | 'node scripts/start.mjs'

/** Starts everything in a data folder of the test's own, on a free port. */
export async function launch(
  dataDir: string,
  command: Command = 'node scripts/start.mjs',
): Promise<Launched> {
  const [program = '', ...words] = command.split(' ')
  const child = spawn(program, words, {
    cwd: root,
    env: { ...withoutSettings(process.env), IDEM_DATA_DIR: dataDir, PORT: '0', DATABASE_URL: '' },
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
      // After a test that failed, what should have ended may be an orphan that nobody told to.
      const left = await allGone([...seen], mostStopMs)
      for (const one of left) process.kill(one, 'SIGKILL')
    },
  }
}

/** A setting of whoever runs the tests would be one the test did not choose, or one the server does not know. */
function withoutSettings(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = /^(IDEM_|NODE_ENV$|NODE_OPTIONS$|HOST$|VITEST|npm_)/
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !settings.test(name)))
}
