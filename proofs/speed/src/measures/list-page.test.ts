import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { ratioOf } from '../results/statistics.ts'
import { startServer } from '../servers/server-process.ts'
import { fillTodos, measureListPage } from './list-page.ts'

async function serverWith(todos: number) {
  const database = await scratchDatabase()
  const server = await startServer('../../../apps/server/src/main.ts', {
    DATABASE_URL: database.url,
  })
  await fillTodos(database.url, todos)
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

// A full scan of a hundred times as many todos would take fifty times as long.
test('a page among 100,000 todos costs as much as among 1,000', {
  timeout: 60_000,
}, async () => {
  await using few = await serverWith(1_000)
  await using many = await serverWith(100_000)
  const pages = await measureListPage({ few: few.url, many: many.url, rounds: 5, pages: 40 })
  expect(ratioOf(pages.many, pages.few).median).toBeLessThan(2)
})
