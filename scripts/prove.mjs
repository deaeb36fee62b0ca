import { testSeed } from './checks/test-seed.mjs'
import { runVitest } from './checks/vitest-run.mjs'
import { runMain } from './processes/user-error.mjs'
import { findChromium } from './setup/chromium.mjs'
import { findPgBouncer } from './setup/pgbouncer.mjs'
import { build, generate, install } from './setup/prepare.mjs'
import { step } from './setup/step.mjs'

/** The projects whose tests run longer when IDEM_PROVE is set. */
const proofs = [
  '@idem/check',
  '@idem/idempotency',
  '@idem/outbox',
  '@idem/server',
  '@idem/web',
  '@idem/mutants',
  '@idem/chaos',
  '@idem/chaos:alone',
  '@idem/browser',
  '@idem/browser:alone',
  '@idem/hostile-input',
  '@idem/foreign',
  '@idem/deploy',
]
/** A million attempts take about an hour on two cores. */
const limitMs = 12 * 3_600_000

await runMain(async () => {
  await install()
  await generate('*')
  await build()
  await step('chromium', async () => {
    process.env.IDEM_CHROMIUM = await findChromium()
    return process.env.IDEM_CHROMIUM
  })
  await step('pgbouncer', findPgBouncer)
  const chosen = process.argv.slice(2)
  const env = { ...process.env, IDEM_PROVE: 'true' }
  const seed = `${testSeed(env)}`
  console.log(`seed ${seed}`)
  const { passed, failures, times } = await runVitest({
    args: chosen.length > 0 ? chosen : proofs.flatMap((name) => ['--project', name]),
    env: { IDEM_PROVE: 'true', IDEM_TEST_SEED: seed },
    limitMs,
  })
  for (const { file, seconds } of times) console.log(`${seconds.toFixed(0).padStart(6)} s  ${file}`)
  for (const failure of failures) console.log(`failed: ${failure}`)
  if (failures.length > 0) {
    const what = chosen.length > 0 ? chosen.map((each) => `'${each}'`).join(' ') : '<file>'
    console.log(`Again: IDEM_TEST_SEED=${seed} npm run prove -- ${what}`)
  }
  console.log(`${passed} passed, ${failures.length} failed`)
  return failures.length === 0 ? 0 : 1
})
