import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { postgresProxy } from '@idem/test-support/postgres-proxy'
import { createWorld } from '../test-world.ts'

const file = fileURLToPath(new URL('./test-crash-process.ts', import.meta.url))
/** Applies the mutant of `IDEM_MUTANT` to the files that a process loads. */
const mutantHook = new URL('../../../../proofs/mutants/src/node-hook.ts', import.meta.url).href
const execArgv = process.env.IDEM_MUTANT === undefined ? [] : ['--import', mutantHook]

/** More than the minute after which an adapter gives up a silent connection. */
const mostAttemptMs = 120_000

export const adapterNames = ['pg', 'prisma', 'drizzle-on-pg', 'drizzle-on-postgres.js'] as const

export type AdapterName = (typeof adapterNames)[number]

export type Sent = { readonly key: string; readonly declines: boolean }

/** The text of the answer or of the stored error; the code of an attempt without one. */
export type AttemptResult = { readonly text: string } | { readonly code: string }

/** What is committed under a key, in one snapshot. */
export type Committed = { readonly effects: number; readonly stored: readonly (string | null)[] }

export type CrashWorld = Awaited<ReturnType<typeof crashWorld>>

/** Two processes that run intents over one adapter. The first one gets the faults. */
export async function crashWorld(adapter: AdapterName) {
  await using starting = new AsyncDisposableStack()
  const world = starting.use(await createWorld())
  const proxy = starting.use(await postgresProxy(world.url))
  // postgres.js cannot read the folder of a socket from an address.
  const undisturbed = starting.use(await postgresProxy(world.url))
  const struck = restartable(adapter, proxy.url)
  const other = restartable(adapter, undisturbed.url)
  starting.defer(async () => Promise.all([struck.kill(), other.kill()]).then(() => undefined))
  const running = starting.move()
  const ask = async (text: string, values: readonly string[] = []) =>
    (await world.admin.query(text, [...values])).rows

  return {
    proxy,
    run: (process: 'struck' | 'other', sent: Sent): Promise<AttemptResult> =>
      process === 'struck' ? struck.run(sent) : other.run(sent),
    killStruck: struck.kill,
    async committed(key: string): Promise<Committed> {
      const [row] = await ask(
        `select (select count(*)::int from effect where name = $1) as effects,
           array(select coalesce(answer, refusal) from idempotency_record where key = $1) as stored`,
        [key],
      )
      return row
    },
    async openTransactions(): Promise<number> {
      const open = await ask(`select pid from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'`)
      return open.length
    },
    /** The keys with an effect and no answer, an answer and no effect, or two effects. */
    wrongKeys: () =>
      ask(`select key from (select name as key, count(*) as effects from effect group by name) made
        full join (select key, answer from idempotency_record where refusal is null) kept using (key)
        where effects is distinct from 1 or answer is null`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Starts when it is needed, also after it was killed. */
function restartable(adapter: AdapterName, url: string) {
  let now: ReturnType<typeof startProcess> | undefined
  return {
    run(sent: Sent): Promise<AttemptResult> {
      now ??= startProcess(adapter, url)
      return now.run(sent)
    },
    async kill(): Promise<void> {
      const killed = now
      now = undefined
      await killed?.kill()
    },
  }
}

function startProcess(adapter: AdapterName, url: string) {
  const child = fork(file, [adapter, url], { execArgv })
  const ended = once(child, 'exit')
  const waiting = new Map<number, (result: AttemptResult) => void>()
  let attempts = 0
  child.on('message', ({ id, result }: { id: number; result: AttemptResult }) => {
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  child.once('exit', () => {
    for (const end of waiting.values()) end({ code: 'killed' })
  })
  return {
    run: (sent: Sent): Promise<AttemptResult> =>
      new Promise((resolve) => {
        attempts += 1
        setTimeout(resolve, mostAttemptMs, { code: 'no result' }).unref()
        waiting.set(attempts, resolve)
        child.send({ ...sent, id: attempts }, (error) => error && resolve({ code: 'killed' }))
      }),
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    },
  }
}
