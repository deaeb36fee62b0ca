import { restartOnCrash } from './processes/restart-on-crash.mjs'
import { startServer } from './processes/server.mjs'
import { runMain } from './processes/user-error.mjs'
import { build, generate, install } from './setup/prepare.mjs'

await runMain(async () => {
  await install()
  await generate()
  await build()
  return restartOnCrash((variables) => startServer('production', process.argv.slice(2), variables))
})
