import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { isRunning } from './server/process-state.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres.ts'
import { testDataDir } from './test-data-dir.ts'

const isRoot = process.getuid?.() === 0

/** A temporary data folder, below a parent with the given mode; a server that still runs there is stopped at the end. */
async function world({ parentMode = 0o755, below = 'data' } = {}) {
  const parent = await mkdtemp(join(tmpdir(), 'idem-embedded-'))
  await chmod(parent, parentMode)
  const dataDir = join(parent, below)
  const owners: ChildProcess[] = []
  const servers: EmbeddedPostgres[] = []
  return {
    parent,
    dataDir,
    async start(settings = {}) {
      const server = await startEmbeddedPostgres({ dataDir, ...settings })
      servers.push(server)
      return server
    },
    /** Starts the server in another process. */
    async startElsewhere() {
      const script = fileURLToPath(new URL('./test-postgres-owner.ts', import.meta.url))
      const child = spawn(process.execPath, [script, dataDir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      owners.push(child)
      const [line] = await once(createInterface(child.stdout), 'line')
      return { child, ...JSON.parse(line) }
    },
    postmaster: async () =>
      Number((await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]),
    async [Symbol.asyncDispose]() {
      for (const child of owners) await kill(child)
      for (const server of servers) await server.stop()
      const left = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '')
      if (left !== '') await (await startEmbeddedPostgres({ dataDir })).stop()
      await rm(parent, { recursive: true })
    },
  }
}

let used: Awaited<ReturnType<typeof testDataDir>>
beforeAll(async () => {
  used = await testDataDir()
})
afterAll(() => used[Symbol.asyncDispose]())

/** A world whose database was started once. */
async function usedWorld() {
  const it = await world()
  await used.copyTo(it.dataDir)
  return it
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function rows(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const result = await client.query(statement)
  await client.end()
  return result.rows
}

const keep = (url: string) => rows(url, `create table kept as select 'milk' as title`)
const kept = (url: string) => rows(url, 'select title from kept')
const milk = [{ title: 'milk' }]

test('a restart keeps the data, and a stopped server leaves no process', async () => {
  await using it = await usedWorld()
  const first = await it.start()
  await keep(first.url)
  const pid = await it.postmaster()
  await Promise.all([first.stop(), first.stop()])
  expect(isRunning(pid)).toBe(false)
  const second = await it.start()
  expect(second.adopted).toBe(false)
  expect(await kept(second.url)).toEqual(milk)
  await second.stop()
})

test('commits are flushed to disk and data pages have checksums', async () => {
  await using it = await world()
  const { url, stop } = await it.start()
  expect(
    await rows(
      url,
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit',
       'full_page_writes', 'data_checksums', 'listen_addresses', 'server_encoding', 'TimeZone')
       order by name collate "C"`,
    ),
  ).toEqual([
    { name: 'TimeZone', setting: 'UTC' },
    { name: 'data_checksums', setting: 'on' },
    { name: 'fsync', setting: 'on' },
    { name: 'full_page_writes', setting: 'on' },
    { name: 'listen_addresses', setting: '' },
    { name: 'server_encoding', setting: 'UTF8' },
    { name: 'synchronous_commit', setting: 'on' },
  ])
  await stop()
})

test('only the owner can connect: the socket and the password are private, and the password is required', async () => {
  await using it = await usedWorld()
  const { url, stop } = await it.start()
  const socketFolder = String(new URL(url).searchParams.get('host'))
  expect(socketFolder).toBe(join(it.dataDir, 'socket'))
  expect((await stat(socketFolder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(it.dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600)
  const wrong = new URL(url)
  wrong.password = 'guess'
  await expect(rows(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  await stop()
})

test('a server that a killed process left running is adopted and stopped at the end', async () => {
  await using it = await usedWorld()
  const { child, url } = await it.startElsewhere()
  await keep(url)
  const pid = await it.postmaster()
  await kill(child)
  expect(isRunning(pid)).toBe(true)
  const log = vi.fn()
  const adopting = await it.start({ log })
  expect(adopting.adopted).toBe(true)
  expect(await it.postmaster()).toBe(pid)
  expect(await kept(adopting.url)).toEqual(milk)
  expect(log).toHaveBeenCalledWith(expect.stringContaining(`process ${pid}`))
  await adopting.stop()
  expect(isRunning(pid)).toBe(false)
})

test('the next start recovers the data after process and server were killed together', async () => {
  await using it = await usedWorld()
  const { child, url } = await it.startElsewhere()
  await keep(url)
  child.kill('SIGKILL')
  process.kill(await it.postmaster(), 'SIGKILL')
  const next = await it.start()
  expect(next.adopted).toBe(false)
  expect(await kept(next.url)).toEqual(milk)
  expect(await readFile(join(it.dataDir, 'postgres.log'), 'utf8')).toContain(
    'automatic recovery in progress',
  )
  await next.stop()
})

test('the log of the database contains no row data when a statement fails', async () => {
  await using it = await usedWorld()
  const { url } = await it.start()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    'create table todo (title text check (length(title) < 9), done boolean not null)',
  )
  const adding = client.query('insert into todo (title) values ($1)', ['Buy milk'])
  await expect(adding).rejects.toThrow('null value')
  await client.end()
  const log = await readFile(join(it.dataDir, 'postgres.log'), 'utf8')
  expect(log).toContain('null value in column "done"')
  expect(log).not.toContain('Buy milk')
})

test('a server that dies while it is being adopted is started again', async () => {
  await using it = await usedWorld()
  const { child, url } = await it.startElsewhere()
  await keep(url)
  const pid = await it.postmaster()
  await kill(child)
  // A stopped process looks alive and the kernel accepts connections on its socket, but nothing answers.
  process.kill(pid, 'SIGSTOP')
  const starting = it.start()
  await pause(200)
  process.kill(pid, 'SIGKILL')
  const next = await starting
  expect(next.adopted).toBe(false)
  expect(await kept(next.url)).toEqual(milk)
})

test('a second opener is refused within a second and the error names the process that has the folder', async () => {
  await using it = await usedWorld()
  const first = await it.start()
  const begun = performance.now()
  await expect(it.start()).rejects.toThrow(
    `The data folder ${it.dataDir} is in use by process ${process.pid}; stop that one first, or set IDEM_DATA_DIR to another folder.`,
  )
  expect(performance.now() - begun).toBeLessThan(1000)
  const elsewhere = await it.startElsewhere()
  expect(elsewhere.refused).toContain(`in use by process ${process.pid}`)
  expect(elsewhere.tookMs).toBeLessThan(1000)
  expect(await rows(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await first.stop()
})

test('exactly one process of several that start on an empty folder at once gets it', async () => {
  await using it = await world()
  const outcomes = await Promise.all([1, 2, 3].map(() => it.startElsewhere()))
  const [owner, ...none] = outcomes.filter(({ url }) => url !== undefined)
  expect(none).toEqual([])
  for (const { refused } of outcomes.filter(({ url }) => url === undefined)) {
    expect(refused).toContain(`in use by process ${owner.child.pid}`)
  }
  expect(await rows(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('an unexpected exit of the server is reported, and a requested stop is not', async () => {
  await using it = await usedWorld()
  const onLost = vi.fn()
  const stopped = await it.start({ onLost })
  await stopped.stop()
  expect(onLost).not.toHaveBeenCalled()
  const lost = new Promise<void>((resolve) => {
    onLost.mockImplementation(resolve)
  })
  const doomed = await it.start({ onLost })
  process.kill(await it.postmaster(), 'SIGKILL')
  await lost
  expect(onLost).toHaveBeenCalledOnce()
  await doomed.stop()
  const again = await it.start()
  expect(await rows(again.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await again.stop()
})

test('a crash of one session, which ends all sessions, loses neither the server nor the lock on the folder', async () => {
  await using it = await usedWorld()
  const onLost = vi.fn()
  const { url } = await it.start({ onLost })
  await keep(url)
  await killOneSession(url, it.dataDir)
  expect(await kept(url)).toEqual(milk)
  await vi.waitFor(async () =>
    expect(await rows(url, ownerOfFolder)).toEqual([{ name: `idem ${process.pid}` }]),
  )
  await expect(it.start()).rejects.toThrow(`in use by process ${process.pid}`)
  expect(onLost).not.toHaveBeenCalled()
})

const ownerOfFolder = `select application_name as name from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory'`

test("a folder that only its owner may enter works when PostgreSQL's user is another user", async () => {
  await using it = await world({ parentMode: 0o700 })
  const first = await it.startElsewhere()
  await keep(first.url)
  const owner = (await stat(join(it.dataDir, 'postgres'))).uid
  // Root starts PostgreSQL as another user, who cannot access the folder; other users keep their own uid.
  expect(owner === process.getuid?.()).toBe(!isRoot)
  const arguments_ = await readFile(`/proc/${await it.postmaster()}/cmdline`, 'utf8')
  expect(arguments_.includes('/proc/self/fd/')).toBe(isRoot)

  await kill(first.child)
  const adopting = await it.start()
  expect(adopting.adopted).toBe(true)
  await killOneSession(adopting.url, it.dataDir)
  expect(await kept(adopting.url)).toEqual(milk)
  await adopting.stop()

  const second = await it.startElsewhere()
  expect(await kept(second.url)).toEqual(milk)
  second.child.kill('SIGKILL')
  process.kill(await it.postmaster(), 'SIGKILL')
  const third = await it.start()
  expect(third.adopted).toBe(false)
  expect(await kept(third.url)).toEqual(milk)
  await third.stop()
})

/** PostgreSQL then ends all sessions, reinitializes its shared memory, recovers the data and continues. */
async function killOneSession(url: string, dataDir: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const result = await client.query('select pg_backend_pid() as pid')
  process.kill(result.rows[0].pid, 'SIGKILL')
  const recovered = async () => {
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('reinitializing')
    await rows(url, 'select 1')
  }
  await vi.waitFor(recovered, { timeout: 10_000 })
}

test('a path too long for a socket works, and nothing is left in the temporary folder', async () => {
  const long = Array.from({ length: 5 }, () => 'a-folder-of-forty-letters-in-a-long-path').join('/')
  await using it = await world({ below: long })
  const { url, stop } = await it.start()
  const socketFolder = String(new URL(url).searchParams.get('host'))
  expect(Buffer.byteLength(join(socketFolder, '.s.PGSQL.5432'))).toBeLessThanOrEqual(107)
  expect(await rows(url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect((await stat(socketFolder)).mode & 0o777).toBe(0o700)
  await stop()
  await expect(stat(socketFolder)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('the remains of a start that was killed during initdb are removed', async () => {
  await using it = await world()
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(gone, 'exit')
  await mkdir(join(it.dataDir, `postgres.new-${gone.pid}/base`), { recursive: true })
  const { stop } = await it.start()
  await stop()
  expect((await readdir(it.dataDir)).sort()).toEqual([
    'postgres',
    'postgres.log',
    'postgres.password',
  ])
})

/** A reused pid: after a power cut another program, of the same user, has the pid in postmaster.pid. */
async function writePostmasterPid(dataDir: string, pid: number | undefined): Promise<void> {
  const folder = join(dataDir, 'postgres')
  await writeFile(
    join(folder, 'postmaster.pid'),
    [pid, folder, 1, 5432, join(dataDir, 'socket'), '', '', 'ready'].join('\n'),
  )
}

/** A program of the same user as the database. */
async function otherProgram(dataDir: string) {
  const { uid, gid } = await stat(join(dataDir, 'postgres'))
  const child = spawn('sleep', ['60'], { uid, gid })
  await once(child, 'spawn')
  return { child, [Symbol.asyncDispose]: () => kill(child) }
}

test('a stale postmaster.pid with the pid of another living program neither blocks a start nor harms that program', async () => {
  await using it = await usedWorld()
  await (await it.start()).stop()
  await using other = await otherProgram(it.dataDir)
  await writePostmasterPid(it.dataDir, other.child.pid)
  const server = await it.start()
  expect(server.adopted).toBe(false)
  expect(await it.postmaster()).not.toBe(other.child.pid)
  await server.stop()
  expect(other.child.exitCode ?? other.child.signalCode).toBe(null)
})

test('a stale postmaster.pid with the pid of a PostgreSQL of another folder neither blocks a start nor harms that server', async () => {
  await using it = await usedWorld()
  await using other = await usedWorld()
  const { url } = await other.start()
  await keep(url)
  await (await it.start()).stop()
  await writePostmasterPid(it.dataDir, await other.postmaster())
  const server = await it.start()
  expect(server.adopted).toBe(false)
  await server.stop()
  expect(await kept(url)).toEqual(milk)
})

test('data of another PostgreSQL version are refused with instructions', async () => {
  await using it = await world()
  await mkdir(join(it.dataDir, 'postgres'), { recursive: true })
  await writeFile(join(it.dataDir, 'postgres/PG_VERSION'), '14\n')
  await expect(it.start()).rejects.toThrow(
    'was written by PostgreSQL 14, but this is PostgreSQL 18, which cannot read it; back it up with the release of Idem that wrote it and restore that here (docs/operating.md), or set IDEM_DATA_DIR to another folder.',
  )
})

test('a folder with other files in it is refused and left unchanged', async () => {
  await using it = await world()
  await mkdir(join(it.dataDir, 'postgres'), { recursive: true })
  await writeFile(join(it.dataDir, 'postgres/letter.txt'), 'Dear Ada')
  await expect(it.start()).rejects.toThrow('contains files that are not a PostgreSQL database')
  expect(await readdir(join(it.dataDir, 'postgres'))).toEqual(['letter.txt'])
})

test('an unwritable data folder gives a readable error', async () => {
  await using it = await world()
  await writeFile(it.dataDir, 'a file where a folder should be')
  await expect(it.start()).rejects.toThrow(
    `The data folder ${it.dataDir} cannot be written by this user; change its owner or set IDEM_DATA_DIR to another folder.`,
  )
})

test('a missing password file gives a readable error', async () => {
  await using it = await usedWorld()
  await (await it.start()).stop()
  await rm(join(it.dataDir, 'postgres.password'))
  await expect(it.start()).rejects.toThrow('put that file back, it belongs to the data beside it')
})

test('a server that cannot start reports its log lines', async () => {
  await using it = await usedWorld()
  await (await it.start()).stop()
  await writeFile(join(it.dataDir, 'postgres/postgresql.auto.conf'), 'no_such_setting = 1\n')
  await expect(it.start()).rejects.toThrow(/could not start in .*no_such_setting/s)
})

test('a platform without binaries gives an error that names DATABASE_URL', async () => {
  await using it = await world()
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')
  Object.defineProperty(process, 'platform', { ...platform, value: 'sunos' })
  try {
    await expect(it.start()).rejects.toThrow(/not available for sunos-.*set DATABASE_URL/)
  } finally {
    Object.defineProperty(process, 'platform', { ...platform })
  }
})
