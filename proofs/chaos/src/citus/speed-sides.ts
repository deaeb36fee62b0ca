import { migrate } from '@idem/database/migrate'
import { processorSeconds } from '@idem/speed/process-usage'
import { addAccounts, signInVariables } from '@idem/test-support/accounts'
import { onServer } from '@idem/test-support/on-server'
import { startServer } from '@idem/test-support/server-process'
import { type OwnPostgres, ownPostgres } from '../servers/own-postgres.ts'
import { citusBinaries } from './citus-binaries.ts'
import { citusCluster } from './citus-cluster.ts'

/** A server on a database with so many accounts. */
export type Side = {
  readonly url: string
  /** Processor seconds so far: of the server, of the node that it is connected to, and of the other nodes. */
  readonly processor: () => Promise<readonly [server: number, entry: number, others: number]>
}

export type Sides = AsyncDisposable & { readonly plain: Side; readonly cluster: Side }

/** The same PostgreSQL by itself and as a cluster of three, with the same settings where they matter. */
export async function startSides(accounts: number): Promise<Sides> {
  await using starting = new AsyncDisposableStack()
  const cluster = starting.use(await citusCluster())
  const plain = starting.use(
    await ownPostgres({
      binaries: citusBinaries(),
      locale: 'C.UTF-8',
      settings: ['max_connections = 300', 'shared_buffers = 64MB', 'jit = off'],
    }),
  )
  await migrate({ url: plain.url })
  const variables = { ...signInVariables, IDEM_LOG_LEVEL: 'error' }
  const side = async (entry: OwnPostgres, others: readonly OwnPostgres[]): Promise<Side> => {
    await addMany(entry.url, accounts)
    const server = starting.use(await startServer({ database: entry, variables }))
    const secondsOf = async (node: OwnPostgres) => processorSeconds(await node.postmaster())
    return {
      url: server.url,
      async processor() {
        const rest = await Promise.all(others.map(secondsOf))
        return [
          processorSeconds(server.pid),
          await secondsOf(entry),
          rest.reduce((sum, seconds) => sum + seconds, 0),
        ]
      },
    }
  }
  const sides = {
    plain: await side(plain, []),
    cluster: await side(cluster.nodes[0], cluster.nodes.slice(1)),
  }
  const running = starting.move()
  return { ...sides, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** The API key of an account. */
export function apiKeyOf(account: number): string {
  return `idem_${`${account}`.padStart(43, '0')}`
}

async function addMany(url: string, accounts: number): Promise<void> {
  await addAccounts(url, ['first'])
  await onServer(url, async (sql) => {
    await sql.query(
      `insert into auth_user (id, owner, name, email)
        select n, 'owner ' || n, n, n || '@todo.example' from generate_series(0, $1::int - 1) n`,
      [accounts],
    )
    await sql.query(
      `insert into api_key (id, hash, user_id, name, last_used_at)
        select n, encode(sha256(('idem_' || lpad(n::text, 43, '0'))::bytea), 'hex'), n, 'speed', now()
        from generate_series(0, $1::int - 1) n`,
      [accounts],
    )
    await sql.query('analyze auth_user, api_key')
  })
}
