import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOperations } from '@idem/api/operations'
import { createTrpcHandler } from '@idem/api/trpc-handler'
import { startDatabaseClock } from '@idem/database/clock'
import { startEmbeddedPostgres } from '@idem/database/embedded-postgres'
import { migrate } from '@idem/database/migrate'
import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { pino } from 'pino'
import type { Environment } from './environment.ts'
import { createHttpGuard } from './http-guard.ts'
import { preparePage } from './page.ts'
import { createRoutes } from './routes.ts'
import { drain } from './shutdown.ts'
import { createSteps } from './steps.ts'

/** Until there are accounts. Every table, key and query has an owner all the same. */
const caller = { owner: 'local' }

export type Running = {
  readonly url: string
  /** Answers what is under way, then ends everything that was started. */
  readonly stop: () => Promise<void>
}

/** Starts everything, in the order in which each part needs the one before it. */
export async function serve(environment: Environment): Promise<Running> {
  const steps = createSteps()
  const log = pino({ level: environment.IDEM_LOG_LEVEL })

  const database = await openDatabase(environment)
  steps.done('database', database.what)
  const { applied } = await migrate({ url: database.url })
  steps.done('migrate', applied.length === 0 ? 'up to date' : applied.join(', '))

  const pool = createPool({ url: database.url })
  const groupPool = createPool({ url: database.url, max: 1, lockTimeoutMs: 50 })
  const clock = await startDatabaseClock(pool)
  const installation = await pool.query('select ledger_epoch from installation')
  const operations = createOperations({
    prisma: createPrisma(pool),
    groupQuery: async (statement) => (await groupPool.query({ ...statement, values: [...statement.values] })).rows,
    now: () => clock.now(),
    policy: { retentionHours: environment.IDEM_KEY_RETENTION_HOURS },
    tombstoneRetentionDays: environment.IDEM_TOMBSTONE_RETENTION_DAYS,
    ledgerEpoch: installation.rows[0].ledger_epoch,
  })

  let stopping = false
  const server = createServer()
  const page = await preparePage({ host: environment.HOST, port: environment.PORT, server })
  const guard = createHttpGuard(environment.IDEM_ALLOWED_HOSTS)
  const route = createRoutes({
    guard,
    trpc: createTrpcHandler({
      contextOf: (request) => {
        guard(request)
        return { caller, operations }
      },
      onUnexpected: ({ refusal, cause }) => log.error({ err: cause, ...refusal }, 'unexpected error'),
    }),
    page: page.handle,
    ready: async () => !stopping && (await canWrite(pool)),
  })
  server.on('request', (request, response) => {
    route(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'a request could not be answered')
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  const url = await listen(server, environment)
  steps.done('serve', url)

  return {
    url,
    async stop() {
      stopping = true
      await drain(server)
      await page.close()
      clock.stop()
      await Promise.all([pool.end(), groupPool.end()])
      await database.stop()
    },
  }
}

async function openDatabase({ DATABASE_URL: url, IDEM_DATA_DIR: dataDir }: Environment) {
  if (url !== undefined) return { url, what: 'by DATABASE_URL', stop: async () => undefined }
  const embedded = await startEmbeddedPostgres({ dataDir })
  const what = embedded.adopted ? `still running, in ${dataDir}` : `in ${dataDir}`
  return { url: embedded.url, what, stop: () => embedded.stop() }
}

async function canWrite(pool: ReturnType<typeof createPool>): Promise<boolean> {
  try {
    const { rows } = await pool.query(`select current_setting('transaction_read_only') as read_only`)
    return rows[0].read_only === 'off'
  } catch {
    return false
  }
}

function listen(server: Server, { HOST, PORT }: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(PORT, HOST, () => {
      const { port } = server.address() as AddressInfo
      const name = HOST.includes(':') ? `[${HOST}]` : HOST === '127.0.0.1' ? 'localhost' : HOST
      resolve(`http://${name}:${port}`)
    })
  })
}
