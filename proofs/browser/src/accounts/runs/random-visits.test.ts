import { setTimeout as pause } from 'node:timers/promises'
import { seedOfRun } from '@idem/chaos/report'
import { seeded } from '@idem/test-support/random'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { afterAll, expect, test, vi } from 'vitest'
import type { Evidence } from '../../runs/check-run.ts'
import { openDevice } from '../../runs/device.ts'
import type { Trouble } from '../../runs/troubles.ts'
import { sharedBrowser } from '../../support/shared-browser.ts'
import { type AccountsServer, accountsServer } from './accounts-server.ts'
import { performVisits } from './perform-visits.ts'

const isProving = process.env.IDEM_PROVE === 'true'
/** The number of the only run, to repeat it. */
const chosen = process.env.IDEM_RUN
const seed = seedOfRun()
const troubles: readonly Trouble[] = [
  'lost answers',
  'a killed server',
  'a killed browser',
  'closed tabs',
  'cut requests',
  'no network',
]
/** The first 200 runs sign in with a password; the other 200, only under `npm run prove`, with passkeys. */
const runs = Array.from({ length: isProving ? 400 : 3 }, (_, at) => ({
  number: at + 1,
  proof: at < 200 ? ('password' as const) : ('passkey' as const),
  trouble: troubles[at % troubles.length] ?? 'lost answers',
})).filter(({ number }) => chosen === undefined || number === Number(chosen))

// Two cores; most of a run is waiting.
const limitMs = 240_000
vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000, maxConcurrency: 2 })

const servers = { password: [] as AccountsServer[], passkey: [] as AccountsServer[] }
const done: Evidence[] = []

test.concurrent.for(runs)(
  `in run $number, with a $proof and $trouble, two accounts on one device get what is theirs, once (seed ${seed})`,
  async ({ number, proof, trouble }) => {
    const server = servers[proof].pop() ?? (await accountsServer(proof))
    const story: string[] = []
    await using folder = await temporaryFolder()
    await using device = await openDevice({
      url: server.url,
      browser: trouble === 'a killed browser' ? undefined : await sharedBrowser(),
      folder: folder.path,
      clockErrorMs: 0,
    })
    try {
      const random = seeded(seed).fork(number)
      const visits = performVisits({ server, device, random, trouble, story })
      done.push(...(await Promise.race([visits, late()])))
    } catch (error) {
      story.push(String(error), await device.report())
      throw new Error([...story, again(number)].join('\n'), { cause: error })
    } finally {
      await server.heal()
      await server.startOver()
      servers[proof].push(server)
    }
  },
)

afterAll(async () => {
  for (const server of Object.values(servers).flat()) await server[Symbol.asyncDispose]()
  const submissions = done.reduce((sum, each) => sum + each.submissions.length, 0)
  console.log(`${done.length / 2} runs of two accounts, ${submissions} submissions, seed ${seed}`)
  expect(submissions).toBeGreaterThan(0)
})

/** Before the time-out of the test, which knows no story. */
async function late(): Promise<never> {
  await pause(limitMs, undefined, { ref: false })
  throw new Error(`Expected the end of the run within ${limitMs / 1_000} s.`)
}

function again(number: number): string {
  const settings = `${isProving ? 'IDEM_PROVE=true ' : ''}IDEM_TEST_SEED=${seed} IDEM_RUN=${number}`
  return `Again: ${settings} npx vitest run --project @idem/browser random-visits`
}
