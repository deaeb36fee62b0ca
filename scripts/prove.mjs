import { findChromium } from './chromium.mjs'
import { runMain } from './complaint.mjs'
import { build, generate, install } from './prepare.mjs'
import { step } from './step.mjs'
import { runVitest } from './vitest-run.mjs'

/** The tests that try harder when they are given the time. */
const proofs = [
  '@idem/idempotency',
  '@idem/outbox',
  '@idem/mutants',
  '@idem/chaos',
  '@idem/browser',
]
/** A million attempts take an hour or so on two cores. */
const limitMs = 12 * 3_600_000

await runMain(async () => {
  await install()
  await generate()
  await build()
  await step('chromium', async () => {
    process.env.IDEM_CHROMIUM = await findChromium()
    return process.env.IDEM_CHROMIUM
  })
  const chosen = process.argv.slice(2)
  const { passed, failures, times } = await runVitest({
    args: chosen.length > 0 ? chosen : proofs.flatMap((name) => ['--project', name]),
    env: { IDEM_PROVE: 'true' },
    limitMs,
  })
  for (const { file, seconds } of times) console.log(`${seconds.toFixed(0).padStart(6)} s  ${file}`)
  for (const failure of failures) console.log(`failed: ${failure}`)
  console.log(`${passed} passed, ${failures.length} failed`)
  return failures.length === 0 ? 0 : 1
})
