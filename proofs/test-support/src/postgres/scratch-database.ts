import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { databaseUrl, onServer } from './on-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that `start-test-postgres.ts` started, or that of IDEM_TEST_DATABASE_URL. */
    readonly postgresUrl: string
    /** A migrated database on it, to be copied. */
    readonly templateDatabase: string
  }
}

export type ScratchDatabase = AsyncDisposable & { readonly url: string }

/** A migrated database for one test: a copy of the template, which is faster than a migration. Dropped when disposed. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const server = inject('postgresUrl')
  const name = `idem_scratch_${randomUUID().replaceAll('-', '')}`
  await onServer(server, (client) =>
    client.query(`create database ${name} template ${inject('templateDatabase')}`),
  )
  return {
    url: databaseUrl(server, name),
    async [Symbol.asyncDispose]() {
      await onServer(server, (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      )
    },
  }
}
