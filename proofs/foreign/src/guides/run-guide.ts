import { join } from 'node:path'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { onTestFinished, vi } from 'vitest'
import { guideFolder, idemMigrate } from './guide-folder.ts'

/** A file of a guide as it is shown, with a database of its own that has the tables of its commands. */
export async function runGuide<Module>(name: string, file: string) {
  const database = await scratchDatabase()
  const admin = new pg.Pool({ connectionString: database.url, max: 1 })
  admin.on('error', () => undefined)
  const guide = await guideFolder(name)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await admin.end()
    await database[Symbol.asyncDispose]()
    await guide[Symbol.asyncDispose]()
  })
  await idemMigrate(database.url)
  for (const { language, text } of guide.blocks) {
    const [, table] = /^psql .* -c '(.*)'$/ms.exec(text) ?? []
    if (language === 'sh' && table !== undefined) await admin.query(table)
  }
  vi.stubEnv('DATABASE_URL', database.url)
  const module: Module = await import(join(guide.folder, file))
  return { module, query: async (sql: string) => (await admin.query(sql)).rows }
}
