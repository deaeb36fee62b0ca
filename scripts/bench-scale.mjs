import { exitCode } from './processes/child-process.mjs'
import { startOnNode24 } from './processes/node-24.mjs'
import { runMain } from './processes/user-error.mjs'
import { findPgBouncer } from './setup/pgbouncer.mjs'
import { build, generate, install } from './setup/prepare.mjs'
import { step } from './setup/step.mjs'

await runMain(async () => {
  await install()
  await generate()
  await build()
  await step('pgbouncer', findPgBouncer)
  return exitCode(startOnNode24('proofs/speed/src/bench-scale.ts', process.argv.slice(2)))
})
