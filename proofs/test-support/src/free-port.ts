import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems give to connections and to listeners without a choice: one of those may be taken again at once. */
const [lowest, highest] = [10_000, 32_000]
/** Processes that run at the same time begin apart. */
let next = lowest + ((process.pid * 61) % (highest - lowest))

/** A port of the loopback address that nothing listens on, for a program that cannot choose its own. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next
    next = next < highest ? next + 1 : lowest
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
