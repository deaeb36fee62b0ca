import type { TestProject } from 'vitest/node'
import startTestServer from '../packages/database/src/test-server.ts'

const withoutDatabase = ['contract', 'outbox', 'client', 'web', 'house'].map(
  (name) => `@idem/${name}`,
)

/** One PostgreSQL for the whole run; a run of projects that need none does not wait for it. */
export function setup(root: TestProject) {
  const chosen = root.vitest.projects.map((project) => project.name)
  return chosen.every((name) => withoutDatabase.includes(name)) ? undefined : startTestServer(root)
}
