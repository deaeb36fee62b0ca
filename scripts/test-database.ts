import type { TestProject } from 'vitest/node'
import { migrate } from '../packages/database/src/migrations/migrate.ts'
import { startTestPostgres } from '../proofs/test-support/src/postgres/start-test-postgres.ts'

const withoutDatabase = [
  'check',
  'contract',
  'outbox',
  'client',
  'web',
  'scripts',
  'embedded-postgres',
].map((name) => `@idem/${name}`)

/** One PostgreSQL for the whole run; projects that need none do not wait for it. */
export function setup(project: TestProject) {
  const chosen = project.vitest.projects.map(({ name }) => name)
  return chosen.every((name) => withoutDatabase.includes(name))
    ? undefined
    : startTestPostgres(project, migrate)
}
