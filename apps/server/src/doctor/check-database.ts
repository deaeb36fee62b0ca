import { checkServerVersion } from '@idem/database/check-server-version'
import { invalidIndexes } from '@idem/database/concurrent-index'
import type { Query } from '@idem/database/is-distributed'
import { pendingMigrations } from '@idem/database/migrate'
import { createPool } from '@idem/database/pool'
import { checkRequirements } from '@idem/idempotency/migrate'
import type { Environment } from '../environment.ts'
import { explainStartupError } from '../startup/startup-errors.ts'
import { checkCluster, nodesWithRows } from './check-cluster.ts'
import { databaseRules } from './database-rules.ts'
import { type Finding, type Judgement, ok, problem, warning } from './finding.ts'

type Client = Parameters<typeof pendingMigrations>[0]

export type CheckedDatabase = {
  readonly findings: readonly Finding[]
  /** Undefined when there are no tables yet. */
  readonly installationId: string | undefined
}

/** Connects without start-up options, which a pooler would refuse before anything could be asked. */
export async function checkDatabase(
  url: string,
  environment: Environment,
): Promise<CheckedDatabase> {
  const settings = { url, max: 1, applicationName: 'idem doctor' }
  const pool = createPool({ ...settings, pooler: 'transaction' })
  try {
    const client = await pool.connect()
    try {
      return await checkWith(client, environment)
    } finally {
      client.release()
    }
  } finally {
    await pool.end()
  }
}

async function checkWith(client: Client, environment: Environment): Promise<CheckedDatabase> {
  const findings: Finding[] = []
  const check = async (about: string, judge: () => Promise<Judgement>) => {
    const judgement = await judge().catch((error: unknown) =>
      problem(explainStartupError(error, environment)),
    )
    findings.push({ about, ...judgement })
  }
  await check('PostgreSQL', () => judgeVersion(client))
  await check('pooler', () => judgePooler(client, environment))
  await check('clock', () => judgeClock(client))
  await check('migrations', () => judgeMigrations(client, environment))
  await check('indexes', () => judgeIndexes(client))
  const query: Query = async (text, values) => (await client.query(text, [...values])).rows
  const instance = { environment, nodes: await nodesWithRows(query).catch(() => []) }
  for (const { about, sql, judge } of databaseRules) {
    await check(about, async () => judge((await query(sql, []))[0] ?? {}, instance))
  }
  findings.push(...(await checkCluster(query, environment)))
  return { findings, installationId: await installationOf(client) }
}

async function judgeVersion(client: Client): Promise<Judgement> {
  await checkServerVersion(client)
  const { rows } = await client.query(`select current_setting('server_version') as version`)
  return ok(rows[0].version)
}

/** A pooler has given this connection a process id of its own, with which it recognises a cancellation. */
async function judgePooler(client: Client, environment: Environment): Promise<Judgement> {
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const isPooled = Object(client).processID !== rows[0].pid
  if (environment.IDEM_POOLER === undefined) {
    return isPooled
      ? problem(
          'DATABASE_URL points to a pooler; set IDEM_POOLER=transaction, or point it to PostgreSQL itself',
        )
      : ok('none')
  }
  return isPooled
    ? ok('in transaction mode, as IDEM_POOLER says')
    : warning(
        'IDEM_POOLER is set, but DATABASE_URL points to PostgreSQL itself; unset it, because it costs two round trips a statement',
      )
}

const warnedMs = 5_000
const tolerableMs = 60_000

/** The database's clock counts for keys; this one for sessions, links and the log. */
async function judgeClock(client: Client): Promise<Judgement> {
  const before = Date.now()
  const { rows } = await client.query('select extract(epoch from clock_timestamp()) * 1000 as now')
  const after = Date.now()
  const now = Number(rows[0].now)
  const apartMs = Math.round(Math.max(0, before - now, now - after))
  const says = `this machine and its database are ${(apartMs / 1000).toFixed(1)} s apart`
  if (apartMs < warnedMs) return ok(says)
  const judge = apartMs < tolerableMs ? warning : problem
  return judge(`${says}; synchronise both clocks, with NTP for example`)
}

async function judgeMigrations(client: Client, environment: Environment): Promise<Judgement> {
  await checkRequirements(async (text, values) => (await client.query(text, [...values])).rows)
  const pending = await pendingMigrations(client)
  if (pending.length === 0) return ok('up to date')
  const says = `${pending.join(', ')} missing`
  if (environment.IDEM_POOLER !== undefined) {
    return problem(`${says}; run "idem migrate" with a DATABASE_URL of PostgreSQL itself`)
  }
  const { rows } = await client.query(
    `select has_database_privilege(current_database(), 'create')
       and has_schema_privilege('public', 'create') as may`,
  )
  if (rows[0].may === true) return warning(`${says}; the next start applies them`)
  return problem(
    `${says}, and this role may not create tables; run "idem migrate" with the migration role`,
  )
}

async function judgeIndexes(client: Client): Promise<Judgement> {
  const invalid = [...(await invalidIndexes(client))]
  if (invalid.length === 0) return ok('all valid')
  return warning(
    `${invalid.join(', ')}: an interrupted build; the next start, or "idem migrate", repeats its own, otherwise "drop index concurrently"`,
  )
}

async function installationOf(client: Client): Promise<string | undefined> {
  return await client.query('select installation_id from idem.installation').then(
    ({ rows }) => String(rows[0]?.installation_id),
    () => undefined,
  )
}
