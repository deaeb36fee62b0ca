import { localUrl } from '../commands/health.ts'
import type { Environment } from '../environment.ts'
import { type Finding, ok, problem } from './finding.ts'

const withinMs = 4_000

/** The server of this machine, if it runs. */
export async function checkServer(
  environment: Pick<Environment, 'HOST' | 'PORT'>,
): Promise<Finding> {
  const about = 'server'
  const { HOST, PORT } = environment
  if (PORT === 0) return { about, ...ok('PORT is 0, so it is not asked') }
  const url = localUrl({ HOST, PORT })
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(withinMs) }).catch(
    (error: Error) => error,
  )
  if (answer instanceof Error) {
    if (isRefused(answer)) return { about, ...ok(`none is running at ${url}`) }
    const remedy = `start it again, or read its log; another program may use port ${PORT}`
    return { about, ...problem(`${url} accepts connections but does not answer; ${remedy}`) }
  }
  const body: unknown = await answer.json().catch(() => undefined)
  if (typeof Object(body).ready !== 'boolean') {
    return { about, ...problem(`another program answers at ${url}; stop it or set PORT`) }
  }
  return { about, ...(answer.ok ? ok(`ready at ${url}`) : problem(notReady(url))) }
}

function isRefused(error: Error): boolean {
  return Object(error.cause).code === 'ECONNREFUSED'
}

function notReady(url: string): string {
  return `the server at ${url} cannot write to its database; the lines below and its log say why`
}
