import { exitCode } from './children.mjs'
import { runMain } from './complaint.mjs'
import { build, generate, install } from './prepare.mjs'
import { startServer } from './server.mjs'

await runMain(async () => {
  await install()
  await generate()
  await build()
  return exitCode(startServer('production', process.argv.slice(2)))
})
