import { isIPv6 } from 'node:net'
import type { Environment } from '../environment.ts'
import type { Given } from './run-command.ts'

/** Less than a supervisor waits for its health check. */
const withinMs = 4_000

/** Asks the server of this machine what a load balancer would ask. */
export async function health({ environment }: Given): Promise<number> {
  if (environment.PORT === 0) {
    throw new Error('Expected PORT, the port of the server to ask, received 0.')
  }
  const url = `${localUrl(environment)}/readyz`
  const failure = await fetch(url, { signal: AbortSignal.timeout(withinMs) }).then(
    (answer) => (answer.ok ? undefined : `answers with ${answer.status}: it cannot write now`),
    (error: Error) =>
      `does not answer (${error.cause instanceof Error ? error.cause.message : error.message})`,
  )
  if (failure === undefined) process.stdout.write(`health     ${url} is ready\n`)
  else process.stderr.write(`${url} ${failure}.\n`)
  return failure === undefined ? 0 : 1
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
