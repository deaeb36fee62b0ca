import { exitCode } from './processes/child-process.mjs'
import { startOnNode24 } from './processes/node-24.mjs'
import { runMain, UserError } from './processes/user-error.mjs'
import { generate, install } from './setup/prepare.mjs'

await runMain(async () => {
  const [file, ...args] = process.argv.slice(2)
  if (!file) throw new UserError('Expected a file to run: node scripts/run.mjs FILE [arguments].')
  await install()
  await generate()
  return exitCode(startOnNode24(file, args))
})
