import { once } from 'node:events'
import { exitCode, stop } from './processes/child-process.mjs'
import { startServer } from './processes/server.mjs'
import { runMain, UserError } from './processes/user-error.mjs'
import { watchSources } from './processes/watch-sources.mjs'
import { generate, install } from './setup/prepare.mjs'

await runMain(async () => {
  await install()
  await generate()
  console.log('The server restarts when its sources change; the page reloads by itself.')
  const sources = watchSources('@idem/server')
  try {
    return await serveUntilStopped(sources)
  } finally {
    sources.close()
  }
})

async function serveUntilStopped(sources) {
  const stopped = once(stop, 'abort')
  for (;;) {
    const change = sources.change()
    const server = startServer('development')
    const ended = exitCode(server)
    const first = await Promise.race([change, ended])
    if (first !== 'changed' && !stop.aborted) {
      console.log('The server exited. It starts again at the next change of its sources.')
      await Promise.race([change, stopped])
    }
    server.kill('SIGTERM')
    const code = await ended
    if (stop.aborted) return code
    await generate().catch(printUserError)
  }
}

function printUserError(error) {
  if (!(error instanceof UserError)) throw error
  console.error(`\n${error.message}`)
}
