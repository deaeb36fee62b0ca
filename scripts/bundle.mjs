import { exitCode } from './processes/child-process.mjs'
import { startOnNode24 } from './processes/node-24.mjs'
import { runMain } from './processes/user-error.mjs'
import { build, generate, install } from './setup/prepare.mjs'

await runMain(async () => {
  await install()
  await generate()
  await build()
  return exitCode(startOnNode24('apps/server/scripts/bundle.ts', process.argv.slice(2)))
})
