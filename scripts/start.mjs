import { runMain } from './complaint.mjs'
import { keepServing } from './keep-serving.mjs'
import { build, generate, install } from './prepare.mjs'
import { startServer } from './server.mjs'

await runMain(async () => {
  await install()
  await generate()
  await build()
  return keepServing((variables) => startServer('production', process.argv.slice(2), variables))
})
