import { seedOfRun } from '@idem/chaos/report'
import { seeded } from '@idem/test-support/random'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { afterAll, expect, test, vi } from 'vitest'
import { sharedBrowser } from '../support/shared-browser.ts'
import type { Evidence } from './check-run.ts'
import { openDevice } from './device.ts'
import { performRun } from './perform-run.ts'
import { type RunServer, runServer } from './run-server.ts'
import { clockErrorOf, type Trouble, troubles } from './troubles.ts'

const isProving = process.env.IDEM_PROVE === 'true'
/** The number of the only run, to repeat it. */
const chosen = process.env.IDEM_RUN
const seed = seedOfRun()
const runs = Array.from({ length: isProving ? 200 : troubles.length }, (_, at) => at + 1)
  .filter((number) => chosen === undefined || number === Number(chosen))
  .map((number) => ({ number, trouble: troubleOf(number) }))
/** Two cores; most of a run is waiting. */
const lanes = 3

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000, maxConcurrency: lanes })

const servers: RunServer[] = []
const done: Evidence[] = []
const begun = performance.now()

test.concurrent.for(runs)(
  `in run $number, with $trouble, each intent has one effect, in order (seed ${seed})`,
  async ({ number, trouble }) => {
    const server = servers.pop() ?? (await runServer())
    const story: string[] = []
    try {
      done.push(await run({ number, trouble, server, story }))
    } catch (error) {
      throw new Error([...story, again(number)].join('\n'), { cause: error })
    } finally {
      await server.heal()
      await server.startOver()
      servers.push(server)
    }
  },
)

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
  console.log(figures())
  // Otherwise nothing was lost, and nothing was tested.
  if (chosen === undefined) expect(requests()).toBeGreaterThan(submissions())
})

type Settings = {
  readonly number: number
  readonly trouble: Trouble
  readonly server: RunServer
  readonly story: string[]
}

async function run({ number, trouble, server, story }: Settings): Promise<Evidence> {
  await using folder = await temporaryFolder()
  await using device = await openDevice({
    url: server.url,
    browser: trouble === 'a killed browser' ? undefined : await sharedBrowser(),
    folder: folder.path,
    clockErrorMs: clockErrorOf(trouble),
  })
  const random = seeded(seed).fork(number)
  try {
    return await performRun({ server, device, random, trouble, story })
  } catch (error) {
    story.push(await device.report())
    throw error
  }
}

function troubleOf(number: number): Trouble {
  return troubles[(number - 1) % troubles.length] ?? 'lost answers'
}

function submissions(): number {
  return done.reduce((sum, each) => sum + each.submissions.length, 0)
}

function requests(): number {
  const keyed = done.flatMap((each) =>
    each.requests.filter(({ body }) => body.includes('idempotencyKey')),
  )
  return keyed.length
}

function figures(): string {
  const seconds = Math.round((performance.now() - begun) / 1_000)
  return `${done.length} runs, ${submissions()} submissions, ${requests()} keyed requests, ${seconds} s, seed ${seed}`
}

function again(number: number): string {
  const settings = `${isProving ? 'IDEM_PROVE=true ' : ''}IDEM_TEST_SEED=${seed} IDEM_RUN=${number}`
  return `Again: ${settings} npx vitest run --project @idem/browser random-runs`
}
