import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test, vi } from 'vitest'
import { usedWorlds, type World, world } from './test-server-world.ts'

// Each test starts one or two databases, possibly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const usedWorld = usedWorlds()

/** An existing and a deleted todo, a cancelled and a refused key, with their answers. */
async function fill(it: World) {
  const server = await it.serve()
  const milk = { key: 'milk', body: { title: 'Milk \u2028 "2 %" \\ 🥛' } }
  const gone = { key: 'gone', body: { title: 'Gone' } }
  const first = await server.call('POST', '/todos', milk)
  const { text } = await server.call('POST', '/todos', gone)
  const { id } = JSON.parse(text)
  await server.call('DELETE', `/todos/${id}`, { key: 'delete' })
  await server.call('DELETE', '/outcomes/never')
  const taken = { key: 'taken', body: { id, title: 'Another' } }
  const refused = await server.call('POST', '/todos', taken)
  return { server, milk, first, gone, goneText: text, goneId: id, taken, refused }
}

test.for(['running', 'stopped'])(
  'a backup of a %s server restores every answer to the byte, and newer keys are not executed again',
  async (state) => {
    await using it = await usedWorld()
    const made = await fill(it)
    const epoch = await made.server.ledgerEpoch()
    if (state === 'stopped') await made.server.stop()
    const backup = await it.run('backup', ['a.backup'])
    expect(backup).toMatchObject({ code: 0, errorOutput: '' })
    expect(backup.out).toContain('todos 2, including deleted; keys 5')
    const later = state === 'stopped' ? await it.serve() : made.server
    const newer = { key: timeOrderedKey(), body: { title: 'Newer than the backup' } }
    expect((await later.call('POST', '/todos', newer)).status).toBe(201)
    await later.stop()

    const restored = await it.run('restore', ['a.backup'])
    expect(restored).toMatchObject({ code: 0, errorOutput: '' })
    const server = await it.serve()
    const replay = await server.call('POST', '/todos', made.milk)
    expect(replay).toEqual({ ...made.first, isReplay: true })
    expect(await server.call('POST', '/todos', made.gone)).toMatchObject({
      status: 201,
      text: made.goneText,
      isReplay: true,
    })
    expect((await server.call('GET', `/todos/${made.goneId}`)).status).toBe(404)
    expect(await server.call('POST', '/todos', made.taken)).toEqual({
      ...made.refused,
      isReplay: true,
    })
    expect((await server.call('GET', '/outcomes/never')).text).toContain('cancelled')
    const { todos } = JSON.parse((await server.call('GET', '/todos')).text)
    expect(todos).toEqual([JSON.parse(made.first.text)])

    expect(await server.ledgerEpoch()).not.toBe(epoch)
    const again = await server.call('POST', '/todos', newer)
    expect(again.status).toBe(412)
    expect(JSON.parse(again.text)).toMatchObject({ refusal: { code: 'key_expired' } })
    const fresh = { key: timeOrderedKey(), body: { title: 'Minted after the restore' } }
    expect((await server.call('POST', '/todos', fresh)).status).toBe(201)
    await server.stop()
    expect((await it.run('reconcile')).code).toBe(0)

    // The previous data are kept and can be restored.
    const [, aside = ''] = /The previous data are in (\S+)\.\n/.exec(restored.out) ?? []
    expect(await readFile(`${aside}/PG_VERSION`, 'utf8')).toBe('18\n')
  },
)

test('a backup has its date in its name, is readable only by its owner and replaces no file', async () => {
  await using it = await usedWorld()
  await (await it.serve()).stop()
  expect((await it.run('backup')).code).toBe(0)
  const [name = ''] = (await readdir(it.folder)).filter((each) => each.startsWith('idem-'))
  expect(name).toMatch(/^idem-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.backup$/)
  expect((await stat(it.inFolder(name))).mode & 0o777).toBe(0o600)
  const before = await readFile(it.inFolder(name))
  expect(await it.run('backup', [name])).toEqual({
    code: 1,
    out: '',
    errorOutput: `${it.inFolder(name)} already exists and is not replaced; choose another name for the backup.`,
  })
  expect(await readFile(it.inFolder(name))).toEqual(before)
})

test('an unwritable backup file and a missing database give readable errors', async () => {
  await using it = await world()
  expect(await it.run('backup', ['a.backup'])).toMatchObject({
    code: 1,
    errorOutput: `There is no database in ${it.dataDir}; npm start creates one, or set IDEM_DATA_DIR to the folder that contains one.`,
  })
  await (await it.serve()).stop()
  const failed = await it.run('backup', ['no/such/folder/a.backup'])
  expect(failed).toMatchObject({
    code: 1,
    errorOutput: `The folder ${it.inFolder('no/such/folder')} for the backup does not exist; create it, or choose another path.`,
  })
})

test('a full disk leaves no partial backup', async () => {
  await using it = await usedWorld()
  const server = await it.serve()
  for (let n = 0; n < 20; n += 1) {
    await server.call('POST', '/todos', { key: crypto.randomUUID(), body: { title: `${n}` } })
  }
  // A file size limit of 512 or 1024 bytes: like a full disk, for any user.
  const full = `trap '' XFSZ; ulimit -f 1`
  const failed = await it.runWithin(full, 'backup', ['a.backup'])
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(
    /^The backup could not be written to .*a\.backup \(EFBIG.*path\.$/,
  )
  expect(await readdir(it.folder)).toEqual(['data'])
})

test('a nightly backup is restored once, and only then the oldest are removed', async () => {
  await using it = await usedWorld()
  const { server } = await fill(it)
  const folder = it.inFolder('backups')
  await mkdir(folder)
  const old = [1, 2, 3].map((day) => `idem-2026-01-0${day}T02-30-00Z.backup`)
  for (const name of [...old, 'idem-mine.backup', 'letter.txt']) {
    await writeFile(join(folder, name), '')
  }
  const kept = await it.run('backup', [folder, '--keep', '2'])
  expect(kept).toMatchObject({ code: 0, errorOutput: '' })
  expect(kept.out).toMatch(/^tried .*\nkept {7}2 backups, 2 removed; the newest is /m)
  const newest = expect.stringMatching(/^idem-20\d\d-.*\.backup$/)
  expect((await readdir(folder)).sort()).toEqual([old[2], newest, 'idem-mine.backup', 'letter.txt'])
  expect(await it.dataFiles()).not.toContainEqual(expect.stringMatching(/^restoring-/))
  // The trial is beside the data of a server that keeps serving.
  expect((await server.call('GET', '/todos')).status).toBe(200)
})

test('a nightly backup that cannot be restored ends with an error and removes nothing', async () => {
  await using it = await usedWorld()
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url, max: 1 })
  await pool.query(
    `insert into _prisma_migrations (id, checksum, migration_name, finished_at) values ('1', '', '9_newer', now())`,
  )
  await pool.end()
  const old = 'idem-2026-01-01T02-30-00Z.backup'
  await writeFile(it.inFolder(old), '')
  const failed = await it.run('backup', ['--keep', '1'], { DATABASE_URL: database.url })
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(/^The backup was written by a newer release .*9_newer/)
  const failing = expect.stringMatching(/^idem-20.*\.backup\.failed$/)
  expect((await readdir(it.folder)).sort()).toEqual(['data', old, failing])
})

test('a nightly backup whose trial is killed does not count as one', async () => {
  await using it = await usedWorld()
  await (await it.serve()).stop()
  const { child, ended } = it.begin('backup', ['--keep', '1'])
  const isTried = async () => (await it.dataFiles()).some((name) => name.startsWith('restoring-'))
  await expect.poll(isTried, { timeout: 20_000, interval: 5 }).toBe(true)
  child.kill('SIGKILL')
  await ended
  const files = async () => (await readdir(it.folder)).filter((name) => name.startsWith('idem-'))
  const [untried = '', ...others] = await files()
  expect([untried, others]).toEqual([expect.stringMatching(/\.backup\.untried$/), []])
  // The next one may have the name of the same second.
  await rm(it.inFolder(untried))
  const next = await it.run('backup', ['--keep', '1'])
  expect(next).toMatchObject({ code: 0, errorOutput: '' })
  expect(await files()).toEqual([expect.stringMatching(/\.backup$/)])
})

test('a truncated or foreign backup file is refused and changes nothing', async () => {
  await using it = await usedWorld()
  const { server, milk } = await fill(it)
  await it.run('backup', ['a.backup'])
  await server.stop()
  const before = await it.dataFiles()
  const whole = await readFile(it.inFolder('a.backup'))
  const rows = gunzipSync(whole).toString().split('\n')
  const withoutOneRow = gzipSync(rows.toSpliced(2, 1).join('\n'))
  for (const damaged of [whole.subarray(0, -20), withoutOneRow]) {
    await writeFile(it.inFolder('a.backup'), damaged)
    expect(await it.run('restore', ['a.backup'])).toEqual({
      code: 1,
      out: '',
      errorOutput: `The backup ${it.inFolder('a.backup')} is damaged or truncated, so nothing was restored; use another backup.`,
    })
  }
  await writeFile(it.inFolder('letter.txt'), 'Dear Ada')
  expect(await it.run('restore', ['letter.txt'])).toEqual({
    code: 1,
    out: '',
    errorOutput: `${it.inFolder('letter.txt')} is not a backup of Idem; use a file that idem backup wrote.`,
  })
  const missing = await it.run('restore', ['nowhere'])
  expect(missing.code).toBe(1)
  expect(missing.errorOutput).toMatch(
    /^The backup .*nowhere could not be read \(ENOENT.*readable file\.$/,
  )
  expect(await it.dataFiles()).toEqual(before)
  expect((await (await it.serve()).call('POST', '/todos', milk)).isReplay).toBe(true)
})

test('a backup whose rows break the contract is refused and changes nothing', async () => {
  await using it = await usedWorld()
  const { server, milk } = await fill(it)
  await it.run('backup', ['a.backup'])
  await server.stop()
  const before = await it.dataFiles()
  const text = gunzipSync(await readFile(it.inFolder('a.backup'))).toString()
  const todo = /^todo .*"title":"Gone".*\n/m.exec(text)?.[0] ?? ''
  const twice = text.replace(todo, todo + todo).replace('"todo":2', '"todo":3')
  for (const [crafted, reason] of [
    [
      text.replace('"Gone"', `"${'x'.repeat(5_000)}"`),
      /has an invalid todo in line \d+: title, so/,
    ],
    [text.replace('"title":"Gone"', '"title":"Gone'), /is damaged or truncated, so/],
    [twice, /^The database rejects rows of the backup \(todo_pkey\), so/],
  ] as const) {
    expect(crafted).not.toBe(text)
    await writeFile(it.inFolder('a.backup'), gzipSync(crafted))
    const refused = await it.run('restore', ['a.backup'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.errorOutput).toMatch(reason)
    expect(refused.errorOutput).toMatch(/^[^\n]*so nothing was restored; use [^\n]*\.$/)
  }
  expect(await it.dataFiles()).toEqual(before)
  expect((await (await it.serve()).call('POST', '/todos', milk)).isReplay).toBe(true)
})

test('a restore into a folder in use is refused, and its server keeps running', async () => {
  await using it = await usedWorld()
  const { server, milk } = await fill(it)
  await it.run('backup', ['a.backup'])
  const refused = await it.run('restore', ['a.backup'])
  expect(refused.code).toBe(1)
  expect(refused.errorOutput).toMatch(
    /^The data folder \S+ is in use by process \d+; stop that one first, or set IDEM_DATA_DIR to another folder\.$/,
  )
  expect((await it.dataFiles()).filter((name) => /restor|before/.test(name))).toEqual([])
  expect((await server.call('POST', '/todos', milk)).isReplay).toBe(true)
})

test('a PostgreSQL left by a killed server is stopped before its data are replaced', async () => {
  await using it = await usedWorld()
  const { server } = await fill(it)
  await it.run('backup', ['a.backup'])
  await server.stop('SIGKILL')
  expect(await it.run('restore', ['a.backup'])).toMatchObject({ code: 0, errorOutput: '' })
  expect((await it.run('reconcile')).code).toBe(0)
})

test('a restore into an empty folder creates a database', async () => {
  await using it = await usedWorld()
  const { server, milk, first } = await fill(it)
  await it.run('backup', ['a.backup'])
  await server.stop()
  const elsewhere = { IDEM_DATA_DIR: it.inFolder('elsewhere') }
  const restored = await it.run('restore', ['a.backup'], elsewhere)
  expect(restored).toMatchObject({ code: 0, errorOutput: '' })
  expect(restored.out).not.toContain('previous')
  const other = await it.serve(elsewhere)
  expect(await other.call('POST', '/todos', milk)).toEqual({ ...first, isReplay: true })
  await other.stop()
})

test('restored data keep the owner of the previous data', async () => {
  await using it = await usedWorld()
  await (await it.serve()).stop()
  await it.run('backup', ['a.backup'])
  const data = `${it.dataDir}/postgres`
  // Only root can test it: nobody else can change the owner of a file.
  const owner = process.getuid?.() === 0 ? 65_534 : process.getuid?.()
  await promisify(execFile)('chown', ['-R', String(owner), data, `${data}.password`])
  expect((await it.run('restore', ['a.backup'])).code).toBe(0)
  expect((await stat(data)).uid).toBe(owner)
  await (await it.serve()).stop()
})

test('a backup can be restored into an empty external PostgreSQL', async () => {
  await using it = await usedWorld()
  await using database = await scratchDatabase()
  const { server, milk, first } = await fill(it)
  await it.run('backup', ['a.backup'])
  await server.stop()
  const variables = { DATABASE_URL: database.url }
  expect(await it.run('restore', ['a.backup'], variables)).toMatchObject({
    code: 0,
    errorOutput: '',
  })
  const other = await it.serve(variables)
  expect(await other.call('POST', '/todos', milk)).toEqual({ ...first, isReplay: true })
  expect(await it.run('restore', ['a.backup'], variables)).toEqual({
    code: 1,
    out: '',
    errorOutput:
      'The database of DATABASE_URL contains todos or keys, or newer tables than the backup, and a restore does not replace them; use a new database.',
  })
  await other.stop()
})

test('a restore replaces data of another major version', async () => {
  await using it = await usedWorld()
  const { server, milk, first } = await fill(it)
  await it.run('backup', ['a.backup'])
  await server.stop()
  await writeFile(`${it.dataDir}/postgres/PG_VERSION`, '17\n')
  await expect(it.serve()).rejects.toThrow('was written by PostgreSQL 17')
  expect(await it.run('restore', ['a.backup'])).toMatchObject({ code: 0, errorOutput: '' })
  expect(await (await it.serve()).call('POST', '/todos', milk)).toEqual({
    ...first,
    isReplay: true,
  })
})

const kills = process.env.IDEM_PROVE === 'true' ? 40 : 3

test(
  'a restore killed at any moment leaves the old or the new data, and the next start cleans up',
  async () => {
    await using it = await usedWorld()
    const { server, milk, first } = await fill(it)
    await it.run('backup', ['a.backup'])
    const begun = performance.now()
    const elsewhere = { IDEM_DATA_DIR: it.inFolder('elsewhere') }
    expect((await it.run('restore', ['a.backup'], elsewhere)).code).toBe(0)
    const wholeMs = performance.now() - begun
    await server.call('POST', '/todos', { key: 'newer-0', body: { title: 'Newer' } })
    await server.stop()

    for (let kill = 1; kill <= kills; kill += 1) {
      const { child, ended } = it.begin('restore', ['a.backup'])
      // The last kill comes after the end, on a machine as fast as before.
      const timer = setTimeout(() => child.kill('SIGKILL'), (wholeMs * kill) / kills)
      await ended
      clearTimeout(timer)
      const next = await it.serve()
      const { todos } = JSON.parse((await next.call('GET', '/todos')).text)
      expect(todos.map(({ title }: { title: string }) => title)).toBeOneOf([
        ['Newer', milk.body.title],
        [milk.body.title],
      ])
      expect(await next.call('POST', '/todos', milk)).toEqual({ ...first, isReplay: true })
      if (todos.length === 1) {
        await next.call('POST', '/todos', { key: `newer-${kill}`, body: { title: 'Newer' } })
      }
      await next.stop()
      expect((await it.dataFiles()).filter((name) => /^restoring|restored/.test(name))).toEqual([])
    }
  },
  60_000 + kills * 20_000,
)

/** A UUIDv7 of the current time. */
function timeOrderedKey(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  const rest = crypto.randomUUID().slice(15)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest}`
}
