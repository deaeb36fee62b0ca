import { isIPv6 } from 'node:net'
import type { Environment } from '../environment.ts'
import { readRelease } from '../release.ts'
import type { Given } from './run-command.ts'

/** Less than a supervisor waits for its health check. */
const withinMs = 4_000

/** Asks the server of this machine what a load balancer would ask. */
export async function health({ environment, options }: Given): Promise<number> {
  if (environment.PORT === 0) {
    throw new Error('Expected PORT, the port of the server to ask, received 0.')
  }
  const url = localUrl(environment)
  const failure =
    (options['same-release'] === true ? await otherRelease(url) : undefined) ??
    (await notReady(url))
  if (failure === undefined) process.stdout.write(`health     ${url}/readyz is ready\n`)
  else process.stderr.write(`${failure}\n`)
  return failure === undefined ? 0 : 1
}

async function notReady(url: string): Promise<string | undefined> {
  const answer = await ask(`${url}/readyz`)
  if (typeof answer === 'string') return answer
  if (answer.ok) return undefined
  return `${url}/readyz answers with ${answer.status}: it cannot write now.`
}

async function otherRelease(url: string): Promise<string | undefined> {
  const answer = await ask(`${url}/healthz`)
  if (typeof answer === 'string') return answer
  const [own, served] = [readRelease(), Object(await answer.json().catch(() => undefined))]
  if (own.version === served.version && own.commit === served.commit) return undefined
  return `${url} is of another release, ${served.version} ${served.commit ?? ''}.`
}

/** The answer, or why there is none. */
async function ask(url: string): Promise<Response | string> {
  return await fetch(url, { signal: AbortSignal.timeout(withinMs) }).catch(
    (error: Error) =>
      `${url} does not answer (${error.cause instanceof Error ? error.cause.message : error.message}).`,
  )
}

/** The address at which this machine reaches its own server. */
export function localUrl({ HOST, PORT }: Pick<Environment, 'HOST' | 'PORT'>): string {
  return `http://${nameToAsk(HOST)}:${PORT}`
}

/** A server that listens on all addresses also listens on loopback. */
function nameToAsk(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIPv6(host) ? `[${host}]` : host
}
