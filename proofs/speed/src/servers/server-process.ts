import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type ServerProcess = AsyncDisposable & { readonly url: string }

const mostStartMs = 30_000

/**
 * Starts a server process and resolves when it prints `serve URL`. It ends with this process: a
 * server stops when the channel to its parent closes.
 */
export async function startServer(
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`../${file}`, import.meta.url))], {
    env: { ...process.env, NODE_ENV: 'production', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const served = Promise.withResolvers<string>()
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    if (output.length > 10_000) return
    output += chunk
    const url = /^serve +(http:\S+)/m.exec(output)?.[1]
    // By address, so that no name resolution is measured.
    if (url !== undefined) served.resolve(url.replace('localhost', '127.0.0.1'))
  })
  const fail = () => served.reject(new Error(`${file} did not serve. It said:\n${output}`))
  const timer = setTimeout(fail, mostStartMs)
  void exited.then(fail)

  const end = async () => {
    clearTimeout(timer)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await exited
  }
  try {
    return { url: await served.promise, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
