import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { emptyDatabase } from '../empty-database.ts'
import { packed } from '../packages/packed.ts'
import { runTool } from '../run-tool.ts'
import { codeBlocksOf, pages } from './code-blocks.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

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
    await using database = await emptyDatabase()
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
    const tables = run.includes('idem migrate') ? ['idempotency_record', 'installation'] : []
    // The role of the tests is called idem as well, so the table of the jobs guide is in this schema too.
    expect(await database.tables('idem')).toEqual(expect.arrayContaining(tables))
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
