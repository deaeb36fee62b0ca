import { once } from 'node:events'
import { exitCode, stop } from './children.mjs'
import { Complaint, runMain } from './complaint.mjs'
import { generate, install } from './prepare.mjs'
import { startServer } from './server.mjs'
import { watchSources } from './watch-sources.mjs'

await runMain(async () => {
  await install()
  await generate()
  console.log('The server starts anew when its sources change; the page changes by itself.')
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
      console.log('The server ended. It starts again with the next change of its sources.')
      await Promise.race([change, stopped])
    }
    server.kill('SIGTERM')
    const code = await ended
    if (stop.aborted) return code
    await generate().catch(tellAndGoOn)
  }
}

function tellAndGoOn(error) {
  if (!(error instanceof Complaint)) throw error
  console.error(`\n${error.message}`)
}
