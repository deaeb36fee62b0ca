import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Refused } from '@idem/api/refused'
import { createRestHandler } from '@idem/api/rest-handler'
import { createTrpcHandler } from '@idem/api/trpc-handler'
import type { RefusalCode } from '@idem/contract/refusal'
import { migrate } from '@idem/database/migrate'
import type { Logger } from 'pino'
import { createServices, type Services, type SignIn } from './create-services.ts'
import { openDatabase } from './database/open-database.ts'
import type { Environment } from './environment.ts'
import { createHttpGuard } from './http/http-guard.ts'
import { createHttpServer } from './http/http-server.ts'
import { createPipelining } from './http/pipelining.ts'
import { createRoutes } from './http/routes.ts'
import { securityHeaders } from './http/security-headers.ts'
import { transportSecurity } from './http/transport-security.ts'
import { createLog } from './logs/log.ts'
import { createMetricsGuard } from './metrics/metrics-guard.ts'
import { type Page, preparePage } from './page/prepare-page.ts'
import { readRelease } from './release.ts'
import { drain } from './shutdown.ts'

export type Running = {
  readonly url: string
  readonly port: number
  /** Answers requests in progress for up to `drainWithinMs`, then stops everything in reverse order. */
  readonly stop: (drainWithinMs: number) => Promise<void>
}

/**
 * Starts all parts, each after those it needs. When one fails, the parts before it are stopped
 * again.
 */
export async function serve(environment: Environment): Promise<Running> {
  await using starting = new AsyncDisposableStack()
  const startup = createStartupLog()
  const log = createLog(environment.IDEM_LOG_LEVEL)

  const database = await openDatabase(environment, log)
  starting.defer(database.stop)
  startup.done('database', database.description)
  const { applied } = await migrate({ url: database.url, pooler: environment.IDEM_POOLER })
  startup.done('migrate', applied.length === 0 ? 'up to date' : applied.join(', '))

  const opening = { environment, url: database.url, log, closing: starting }
  const opened = await createServices(opening)

  const server = createHttpServer(environment.IDEM_MAX_CONNECTIONS)
  process.on('unhandledRejection', (error) => {
    opened.metrics.countUnexpected()
    log.error({ err: error }, 'unhandled rejection')
  })
  const { HOST: host, PORT: pagePort } = environment
  const { installationId } = opened
  const isSignInOn = opened.signIn !== undefined
  const basePath = basePathOf(environment)
  const page = await preparePage({
    ...{ host, port: pagePort, server, installationId, isSignInOn, basePath },
  })
  starting.defer(page.close)
  attachRoutes(server, { ...opened, environment, page, log })
  const port = await listen(server, environment)
  // A connection that cannot be accepted affects one client; without a listener it would end the process.
  server.on('error', (error) => log.error({ err: error }, 'a connection could not be accepted'))
  const url = `http://${nameOf(environment.HOST)}:${port}${basePath}`
  if (opened.signIn !== undefined) printFirstLink(opened.signIn)
  startup.done('serve', url)

  const running = starting.move()
  return {
    url,
    port,
    async stop(drainWithinMs) {
      running.defer(() => drain(server, drainWithinMs))
      await running.disposeAsync()
    },
  }
}

/** Prints one line for each completed startup step with its duration, in the launcher's format. */
function createStartupLog() {
  let begunAt = performance.now()

  return {
    done(name: string, outcome: string): void {
      const now = performance.now()
      const seconds = ((now - begunAt) / 1000).toFixed(2)
      process.stdout.write(`${name.padEnd(10)} ${outcome.padEnd(32)} ${seconds.padStart(7)} s\n`)
      begunAt = now
    },
  }
}

type RequestServices = Services & {
  readonly environment: Environment
  readonly page: Page
  readonly log: Logger
}

/** Attaches the guards, both APIs and the page to the server. */
function attachRoutes(server: Server, services: RequestServices): void {
  const { metrics, canWrite, admit, contextOf, signIn, refusals, environment, page, log } = services
  const onProbe = (refusal: RefusalCode) => refusals.call({ refusal, owner: undefined })
  const isOurs = createHttpGuard(
    environment.IDEM_ALLOWED_HOSTS,
    environment.IDEM_PUBLIC_URL?.origin,
  )
  const guard = (request: IncomingMessage) => {
    try {
      isOurs(request)
    } catch (error) {
      onProbe('forbidden')
      throw error
    }
  }
  const basePath = basePathOf(environment)
  const onUnexpected = ({ refusal, cause }: Refused) => {
    metrics.countUnexpected()
    log.error({ err: cause, ...refusal }, 'unexpected error')
  }
  const transport = transportSecurity(environment.IDEM_PUBLIC_URL)
  const route = createRoutes({
    basePath,
    headers: { ...securityHeaders(page.documents), ...page.headers, ...transport },
    guard,
    trpc: createTrpcHandler({
      headers: transport,
      contextOf: (request) => {
        guard(request)
        return contextOf(request)
      },
      onUnexpected,
      onProbe,
      admit,
    }),
    rest: createRestHandler({
      contextOf,
      basePath,
      requireKey: environment.IDEM_REQUIRE_KEY,
      onUnexpected,
      onProbe,
      admit,
    }),
    auth: signIn?.handle,
    page: page.handle,
    worker: page.worker,
    release: readRelease(),
    ready: async () => server.listening && (await canWrite()),
    metrics: metrics.show,
    metricsRefusal: createMetricsGuard(environment.IDEM_METRICS_TOKEN),
  })
  const inTurn = createPipelining()
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    route(request, response)
      .catch((error: unknown) => {
        metrics.countUnexpected()
        log.error({ err: error }, 'a request could not be answered')
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
      // An error while reporting must not end the process.
      .catch(() => response.destroy())
  server.on('request', (request, response) =>
    inTurn(request, response, () => void answer(request, response)),
  )
}

async function listen(server: Server, { HOST, PORT }: Environment): Promise<number> {
  server.listen(PORT, HOST)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Printed at each start until it is claimed. */
function printFirstLink({ firstLink }: SignIn): void {
  if (firstLink === undefined) return
  process.stdout.write(`The first account is made with this link, within 72 hours:\n${firstLink}\n`)
}

/** Empty without a public address, and at the root of one. */
function basePathOf({ IDEM_PUBLIC_URL }: Environment): string {
  return IDEM_PUBLIC_URL?.basePath ?? ''
}

/** The host name to print for a browser. */
function nameOf(host: string): string {
  if (host === '127.0.0.1') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
