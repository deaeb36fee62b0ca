import { expectSameTree, treeState } from './checks/clean-tree.mjs'
import { checks } from './checks/static-checks.mjs'
import { runVitest } from './checks/vitest-run.mjs'
import { runMain, UserError } from './processes/user-error.mjs'
import { findChromium } from './setup/chromium.mjs'
import { findPgBouncer } from './setup/pgbouncer.mjs'
import { build, generate, install } from './setup/prepare.mjs'
import { step } from './setup/step.mjs'

const failures = []
let passed = 0

await runMain(async () => {
  const before = treeState()
  if ((await succeeds('install', install)) && (await succeeds('generate', () => generate('*')))) {
    await runEverything(before)
  }
  for (const failure of failures) console.log(`failed: ${failure}`)
  console.log(`${passed} passed, ${failures.length} failed`)
  return failures.length === 0 ? 0 : 1
})

async function runEverything(before) {
  await succeeds('build', build)
  await succeeds('chromium', () => step('chromium', provideChromium))
  await succeeds('pgbouncer', () => step('pgbouncer', findPgBouncer))
  await Promise.all(checks.map(({ name, run }) => count(name, run)))
  const tests = await runVitest()
  passed += tests.passed
  failures.push(...tests.failures)
  if (before) await count('tree', () => expectSameTree(before, treeState()))
}

/** The tests of the page read IDEM_CHROMIUM. */
async function provideChromium() {
  process.env.IDEM_CHROMIUM = await findChromium()
  return process.env.IDEM_CHROMIUM
}

async function count(name, check) {
  const work = async () => {
    await check()
    return 'passed'
  }
  if (await succeeds(name, () => step(name, work))) passed += 1
}

/** Records a failure and lets the others run: one run shows everything there is to fix. */
async function succeeds(name, work) {
  try {
    await work()
    return true
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.error(`\n${error.message}\n`)
    failures.push(`${name}: see above`)
    return false
  }
}
