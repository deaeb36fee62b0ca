import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRestHandler } from '@idem/api/rest-handler'
import { createTrpcHandler } from '@idem/api/trpc-handler'
import type { RefusalError } from '@idem/contract/refusal'
import { migrate } from '@idem/database/migrate'
import type { Logger } from 'pino'
import { createServices, type Services } from './create-services.ts'
import { openDatabase } from './database/open-database.ts'
import type { Environment } from './environment.ts'
import { createHttpGuard } from './http/http-guard.ts'
import { createHttpServer } from './http/http-server.ts'
import { type Page, preparePage } from './http/page.ts'
import { createPipeliningLimit } from './http/pipelining-limit.ts'
import { createRoutes } from './http/routes.ts'
import { securityHeaders } from './http/security-headers.ts'
import { createLog } from './logs/log.ts'
import { createMetricsGuard } from './metrics/metrics-guard.ts'
import { drain } from './shutdown.ts'
import { createStartupLog } from './startup/startup-log.ts'

/** Until there are accounts. Every table, key and query has an owner all the same. */
const caller = { owner: 'local' }

export type Running = {
  readonly url: string
  readonly port: number
  /** Answers what is in progress within so many ms, then ends everything that was started, last first. */
  readonly stop: (drainWithinMs: number) => Promise<void>
}

/**
 * Starts everything, in the order in which each part needs the one before it.
 * When one of them fails, those before it are ended again.
 */
export async function serve(environment: Environment): Promise<Running> {
  await using starting = new AsyncDisposableStack()
  const startup = createStartupLog()
  const log = createLog(environment.IDEM_LOG_LEVEL)

  const database = await openDatabase(environment, log)
  starting.defer(database.stop)
  startup.done('database', database.what)
  const { applied } = await migrate({ url: database.url, pooler: environment.IDEM_POOLER })
  startup.done('migrate', applied.length === 0 ? 'up to date' : applied.join(', '))

  const opening = { environment, url: database.url, log, closing: starting }
  const opened = await createServices(opening)

  const server = createHttpServer()
  const page = await preparePage({
    host: environment.HOST,
    port: environment.PORT,
    server,
    onRejection(error) {
      opened.metrics.countUnexpected()
      log.error({ err: error }, 'unhandled rejection')
    },
  })
  starting.defer(page.close)
  await answerOn(server, { ...opened, environment, page, log })
  const port = await listen(server, environment)
  // A connection that cannot be accepted is one client's trouble; without a listener it would be everybody's.
  server.on('error', (error) => log.error({ err: error }, 'a connection could not be accepted'))
  const url = `http://${nameOf(environment.HOST)}:${port}`
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

type Behind = Services & {
  readonly environment: Environment
  readonly page: Page
  readonly log: Logger
}

/** Puts guards, both faces and the page in front of the operations. */
async function answerOn(server: Server, behind: Behind): Promise<void> {
  const { operations, metrics, canWrite, environment, page, log } = behind
  const guard = createHttpGuard(environment.IDEM_ALLOWED_HOSTS)
  const onUnexpected = ({ refusal, cause }: RefusalError) => {
    metrics.countUnexpected()
    log.error({ err: cause, ...refusal }, 'unexpected error')
  }
  const route = createRoutes({
    headers: await securityHeaders(page.built),
    guard,
    trpc: createTrpcHandler({
      contextOf: (request) => {
        guard(request)
        return { caller, operations }
      },
      onUnexpected,
    }),
    rest: createRestHandler({
      contextOf: () => ({ caller, operations }),
      requireKey: environment.IDEM_REQUIRE_KEY,
      onUnexpected,
    }),
    page: page.handle,
    ready: async () => server.listening && (await canWrite()),
    metrics: metrics.show,
    metricsRefusal: createMetricsGuard(environment.IDEM_METRICS_TOKEN),
  })
  const isTooMany = createPipeliningLimit()
  server.on('request', (request, response) => {
    if (isTooMany(request, response)) return request.socket.destroy()
    route(request, response)
      .catch((error: unknown) => {
        metrics.countUnexpected()
        log.error({ err: error }, 'a request could not be answered')
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
      // What cannot even be reported is no reason to end the process for everybody else.
      .catch(() => response.destroy())
  })
}

async function listen(server: Server, { HOST, PORT }: Environment): Promise<number> {
  server.listen(PORT, HOST)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** What a person types to come here. */
function nameOf(host: string): string {
  if (host === '127.0.0.1') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
