import { checks } from './checks.mjs'
import { findChromium } from './chromium.mjs'
import { expectSameTree, treeState } from './clean-tree.mjs'
import { Complaint, runMain } from './complaint.mjs'
import { findPgBouncer } from './pgbouncer.mjs'
import { build, generate, install } from './prepare.mjs'
import { step } from './step.mjs'
import { runVitest } from './vitest-run.mjs'

const failures = []
let passed = 0

await runMain(async () => {
  const before = treeState()
  if ((await succeeds('install', install)) && (await succeeds('generate', generate))) {
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
  for (const { name, run } of checks) await count(name, run)
  const tests = await runVitest()
  passed += tests.passed
  failures.push(...tests.failures)
  if (before) await count('tree', () => expectSameTree(before, treeState()))
}

/** Where the tests of the page look for it. */
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

/** One that fails is remembered, and the others run all the same: one run shows all there is to mend. */
async function succeeds(name, work) {
  try {
    await work()
    return true
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    console.error(`\n${error.message}\n`)
    failures.push(`${name}: see above`)
    return false
  }
}
