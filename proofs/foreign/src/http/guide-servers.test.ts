import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { guideFolder, idemMigrate } from '../guides/guide-folder.ts'
import { foreignServer } from '../server-process.ts'
import { fixtures, frameworks } from './http-project.ts'

vi.setConfig({ testTimeout: 60_000 })

test.for(Object.keys(frameworks))('the code of the guide %s.md runs', async (name) => {
  await using finishing = new AsyncDisposableStack()
  const { folder } = finishing.use(
    await guideFolder(name, `${fixtures}${name}/guide-server.ts.txt`),
  )
  const { url } = finishing.use(await scratchDatabase())
  const env = { DATABASE_URL: url }
  await idemMigrate(url)
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
