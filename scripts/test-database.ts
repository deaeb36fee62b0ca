import type { TestProject } from 'vitest/node'
import { migrate } from '../packages/database/src/migrations/migrate.ts'
import { startTestPostgres } from '../proofs/test-support/src/postgres/start-test-postgres.ts'
import { projectsWithoutDatabase } from './workspace.mjs'

/** One PostgreSQL for the whole run; projects that need none do not wait for it. */
export function setup(project: TestProject) {
  const chosen = project.vitest.projects.map(({ name }) => name)
  return chosen.every((name) => projectsWithoutDatabase.includes(name))
    ? undefined
    : startTestPostgres(project, migrate)
}
