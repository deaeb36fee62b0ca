#!/usr/bin/env node
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { IdempotencyAdapter } from '../adapter.ts'
import { createIdempotency } from '../create-idempotency.ts'
import { checkRequirements } from '../migrate/check-requirements.ts'
import { migrate } from '../migrate/migrate.ts'
import { sqlFrom } from '../migrate/table-steps.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import { databaseUrl } from './database-url.ts'
import { messageOf, reach } from './reach.ts'

const usage = `Usage: idem COMMAND [options]

  idem migrate   creates the tables, or upgrades them to this release
  idem sql       prints the SQL that creates them, for a migration of your own
  idem clean     removes the records that are older than the retention

  --schema NAME           the PostgreSQL schema of the tables (idem)
  --from VERSION          sql: from that version of the tables (0 means none)
  --retention-hours N     clean: the retention of your servers (24)

The database is DATABASE_URL, from the environment or the file .env. It must be PostgreSQL.
`

const options = {
  schema: { type: 'string', default: 'idem' },
  from: { type: 'string', default: '0' },
  'retention-hours': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Values = ReturnType<typeof readArguments>['values']

const commands: Readonly<Record<string, (values: Values) => Promise<string>>> = {
  async migrate({ schema }) {
    const { from, to } = await connected((adapter) => migrate({ adapter, schema }))
    return from === to
      ? `The tables in ${schema} have version ${to} already.\n`
      : `The tables in ${schema} have version ${to} now.\n`
  },

  async sql({ schema, from }) {
    return sqlFrom(numberOf('--from', from), schema)
  },

  /** The retention must equal that of the servers. */
  async clean({ schema, 'retention-hours': hours }) {
    const retentionHours = hours === undefined ? hours : numberOf('--retention-hours', hours)
    const removed = await connected(async (adapter) => {
      const idempotency = createIdempotency({ adapter, schema, retentionHours })
      await adapter.transaction((_, query) => checkRequirements(query, schema))
      return (await idempotency.clean()).removed
    })
    return `${removed} records removed.\n`
  },
}

try {
  process.stdout.write(await run())
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}

async function run(): Promise<string> {
  const { values, positionals } = readArguments()
  if (values.help) return usage
  const [name, ...others] = positionals
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined || others.length > 0) throw new Error(usage)
  return command(values)
}

function readArguments() {
  return parseArgs({ options, allowPositionals: true })
}

function numberOf(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`${name} takes a whole number, but got ${text}.`)
}

async function connected<T>(
  work: (adapter: IdempotencyAdapter<pg.PoolClient>) => Promise<T>,
): Promise<T> {
  const url = databaseUrl()
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    application_name: 'idem',
    connectionTimeoutMillis: 10_000,
  })
  // A broken connection rejects the statement as well; without a listener the event would end the process.
  pool.on('error', () => {})
  try {
    await reach(url, async () => (await pool.connect()).release())
    return await work(pgAdapter(pool))
  } finally {
    await pool.end()
  }
}
