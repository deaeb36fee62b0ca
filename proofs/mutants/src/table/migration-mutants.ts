import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const inIndex = (test: string) =>
  killingTest('packages/database/src/migrations/concurrent-index.test.ts', test)

const inMigrate = (test: string) =>
  killingTest('packages/database/src/migrations/migrate.test.ts', test)

/** Whether servers of two releases can start while an index is built, and come up after a crash. */
export const migrationMutants: readonly Mutant[] = [
  {
    name: 'build-with-the-lock-of-prisma',
    fault:
      'An index build holds the lock that servers of the previous release need, and waits for them.',
    file: 'packages/database/src/migrations/migrate.ts',
    changes: [{ from: '  await releaseLock(client, prismaLock)\n', to: '' }],
    killedBy: inIndex('a server of a previous release, or Prisma, can wait for the lock'),
  },
  {
    name: 'start-waits-inside-the-lock',
    fault: 'A start waits for another inside PostgreSQL, whose build waits for its snapshot.',
    file: 'packages/database/src/migrations/migration-lock.ts',
    changes: [
      {
        from: 'pg_try_advisory_lock($1::bigint)',
        to: 'pg_advisory_lock($1::bigint) is not null',
      },
    ],
    killedBy: inIndex('several servers that start at once build an index once'),
  },
  {
    name: 'invalid-index-kept',
    fault: 'The rest of a killed index build counts as an index.',
    file: 'packages/database/src/migrations/concurrent-index.ts',
    changes: [{ from: '  await dropInvalid(client, index)\n  const', to: '  const' }],
    killedBy: inIndex('an invalid index is rebuilt even if its migration is recorded'),
  },
  {
    name: 'newer-database-refused',
    fault: 'A server does not start when a newer release has migrated the database.',
    file: 'packages/database/src/migrations/migrate.ts',
    changes: [
      {
        from: '  const invalid = await invalidIndexes(client)\n',
        to: `  const invalid = await invalidIndexes(client)
  if (log.size > migrations.length) throw new Error('The database is newer.')
`,
      },
    ],
    killedBy: inMigrate('a database migrated by a newer release is left unchanged'),
  },
  {
    name: 'requests-queue-behind-a-migration',
    fault: 'A migration waits for its lock without a limit, and every request waits behind it.',
    file: 'packages/database/src/migrations/migrate.ts',
    changes: [{ from: "lock_timeout: '1s',", to: "lock_timeout: '59s'," }],
    killedBy: inMigrate('a migration that waits for a table lock lets requests pass'),
  },
  {
    name: 'restores-any-row',
    fault: 'A crafted backup brings todos that the contract does not allow.',
    file: 'packages/database/src/backup/read-backup.ts',
    changes: [{ from: 'if (column !== undefined) throw', to: 'if (column === "") throw' }],
    killedBy: killingTest(
      'packages/database/src/backup/read-backup.test.ts',
      'a backup with an invalid row is refused, and its column is named',
    ),
  },
  {
    name: 'restores-without-installation',
    fault: 'A backup without the row of the installation is restored, and no server can serve it.',
    file: 'packages/database/src/backup/read-backup.ts',
    changes: [{ from: 'counts.installation !== 1', to: 'counts.installation === -1' }],
    killedBy: killingTest(
      'packages/database/src/backup/read-backup.test.ts',
      'a backup without the row of the installation, or with two, is refused',
    ),
  },
]
