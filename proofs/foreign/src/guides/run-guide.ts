import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { onTestFinished, vi } from 'vitest'
import { runTool } from '../run-tool.ts'
import { codeBlocksOf, root } from './code-blocks.ts'

const here = fileURLToPath(new URL('../../', import.meta.url))

/** The only file of a guide as it is shown, with a database of its own that has the tables of its commands. */
export async function runGuide<Module>(name: string) {
  const database = await scratchDatabase()
  const admin = new pg.Pool({ connectionString: database.url, max: 1 })
  admin.on('error', () => undefined)
  await mkdir(`${here}dist`, { recursive: true })
  const folder = await mkdtemp(`${here}dist/${name}-`)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await admin.end()
    await database[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  const env = { DATABASE_URL: database.url }
  const idem = `${root}packages/idempotency/src/cli/idem.ts`
  await runTool(process.execPath, [idem, 'migrate'], { cwd: folder, env })
  const blocks = await codeBlocksOf(`packages/idempotency/guides/${name}.md`)
  for (const { language, text } of blocks) {
    const [, table] = /^psql .* -c '(.*)'$/ms.exec(text) ?? []
    if (language === 'sh' && table !== undefined) await admin.query(table)
  }
  const [file, text] = blocks.flatMap(({ file, text }) => (file === undefined ? [] : [file, text]))
  const path = join(folder, `${file}`)
  await writeFile(path, `${text}`)
  vi.stubEnv('DATABASE_URL', database.url)
  const module: Module = await import(path)
  return { module, query: async (sql: string) => (await admin.query(sql)).rows }
}
