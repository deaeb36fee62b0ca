import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { codeBlocksOf, root } from '../guides/code-blocks.ts'
import { runTool } from '../run-tool.ts'
import { foreignServer } from '../server-process.ts'
import { fixtures, frameworks } from './http-project.ts'

vi.setConfig({ testTimeout: 60_000 })

const here = fileURLToPath(new URL('../../', import.meta.url))

test.for(Object.keys(frameworks))('the code of the guide %s.md runs', async (name) => {
  await using finishing = new AsyncDisposableStack()
  await mkdir(`${here}dist`, { recursive: true })
  const folder = await mkdtemp(`${here}dist/${name}-`)
  finishing.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  for (const { file, text } of await codeBlocksOf(`packages/idempotency/guides/${name}.md`)) {
    if (file !== undefined) await writeFile(join(folder, file), text)
  }
  await copyFile(`${fixtures}${name}/guide-server.ts.txt`, join(folder, 'server.ts'))

  const { url } = finishing.use(await scratchDatabase())
  const env = { DATABASE_URL: url }
  const idem = `${root}packages/idempotency/src/cli/idem.ts`
  await runTool(process.execPath, [idem, 'migrate'], { cwd: folder, env })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  finishing.defer(() => client.end())
  await client.query('create table posts (id int); insert into posts values (1), (2)')

  const args = (port: number) => ['server.ts', `${port}`]
  const server = finishing.use(await foreignServer({ cwd: folder, args, env, readyPath: '/' }))
  const remove = (id: number) =>
    fetch(`${server.url}/posts/${id}`, {
      method: 'DELETE',
      headers: { 'Idempotency-Key': '"8e03978e-40d5-43e8-bc93-6894a57f9324"' },
    })
  expect((await remove(1)).status).toBe(204)
  const again = await remove(1)
  expect([again.status, again.headers.get('Idempotent-Replayed')]).toEqual([204, 'true'])
  expect((await remove(2)).status).toBe(422)
  expect((await client.query('select id from posts')).rows).toEqual([{ id: 2 }])
})
