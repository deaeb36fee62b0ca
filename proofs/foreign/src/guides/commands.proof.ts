import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { beforeAll, expect, test, vi } from 'vitest'
import { packed } from '../packages/packed.ts'
import { runTool } from '../run-tool.ts'
import { codeBlocksOf, pages } from './code-blocks.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** The role of the tests is called idem as well, so the schema also has the tables that a guide creates. */
const tables = ['idempotency_record', 'installation']

let tarballs: Awaited<ReturnType<typeof packed>>
beforeAll(async () => {
  tarballs = await packed()
})

const pagesWithCommands = await Promise.all(
  pages.map(async (page) => ({ page, commands: await commandsOf(page) })),
).then((all) => all.filter(({ commands }) => commands.length > 0))

test.for(pagesWithCommands)(
  'the commands of $page run in an empty project as they stand',
  async ({ commands }) => {
    await using database = await scratchDatabase()
    await using project = await emptyProject()
    for (const text of commands) {
      await runTool('sh', ['-ec', installingTarballs(text)], {
        cwd: project.folder,
        env: {
          DATABASE_URL: database.url,
          // The commands run on this Node, not on another one of the machine.
          PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
        },
      })
    }

    const run = commands.join('')
    expect(await tablesOfIdem(database.url)).toEqual(run.includes('idem migrate') ? tables : [])
    if (run.includes('> migration.sql')) {
      expect(await readFile(join(project.folder, 'migration.sql'), 'utf8')).toContain(
        'create table',
      )
    }
  },
)

async function commandsOf(page: string): Promise<string[]> {
  const blocks = await codeBlocksOf(page)
  return blocks.flatMap(({ language, text }) => (language === 'sh' ? text : []))
}

/** The packages of this release are not in a registry yet, so their names in `npm i` become tarballs. */
function installingTarballs(commands: string): string {
  return commands.replace(/^npm i .*$/gm, (line) =>
    line
      .replace('@idem/idempotency', tarballs.idempotency)
      .replace('@idem/outbox', tarballs.outbox),
  )
}

async function emptyProject() {
  const folder = await mkdtemp(join(tmpdir(), 'idem-guide-'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'shop', private: true }))
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function tablesOfIdem(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select table_name as name from information_schema.tables
       where table_schema = 'idem' and table_name = any ($1) order by 1`,
      [tables],
    )
    return rows.map(({ name }) => name)
  } finally {
    await client.end()
  }
}
