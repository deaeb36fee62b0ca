import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'
// biome-ignore lint/correctness/noUndeclaredDependencies: Only tests import this file, and Vitest is there when they run.
import { inject } from 'vitest'
import { migrate } from './migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly postgresUrl: string
  }
}

export type ScratchDatabase = AsyncDisposable & { readonly url: string }

/**
 * A migrated database for one test, on the server that `test-server.ts` started
 * for the run or that IDEM_TEST_DATABASE_URL names; dropped when disposed.
 */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  template ??= makeTemplate()
  const from = await template
  const name = `idem_scratch_${randomUUID().replaceAll('-', '')}`
  await onServer((client) => client.query(`create database ${name} template ${from}`))
  return {
    url: addressOf(name),
    async [Symbol.asyncDispose]() {
      await onServer((client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

let template: Promise<string> | undefined

/** Migrated once for all workers and copied by each test: a copy is quicker than a migration. */
async function makeTemplate(): Promise<string> {
  const name = `idem_template_${await migrationsHash()}`
  const draft = `${name}_draft`
  await onServer(async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) return
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft}`)
    await migrate({ url: addressOf(draft) })
    // Under its name only when complete, whoever is interrupted.
    await client.query(`alter database ${draft} rename to ${name}`)
  })
  return name
}

const templateLock = 72707370

async function migrationsHash(): Promise<string> {
  const folder = new URL('../../../prisma/migrations/', import.meta.url)
  const hash = createHash('sha256')
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    if (name.endsWith('.sql')) hash.update(name).update(await readFile(new URL(name, folder)))
  }
  return hash.digest('hex').slice(0, 16)
}

async function onServer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function addressOf(database: string): string {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${database}`
  return url.href
}
