import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createRestWorld, type RestWorld } from './rest/test-rest-world.ts'

/** The number of transactions that run at once; they have begun when their clients leave. */
const begun = 8
const clients = 40

const apis = [
  [
    'tRPC',
    ({ trpcUrl }: RestWorld, at: number) =>
      post(`${trpcUrl}/deleteTodo`, JSON.stringify({ id: idOf(at) })),
  ],
  [
    'REST',
    ({ url }: RestWorld, at: number) => ({
      url,
      text: `DELETE /todos/${idOf(at)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
    }),
  ],
] as const

test.for(apis)(
  '%s requests whose clients leave while they wait have no effect',
  async ([, requestOf]) => {
    await using world = await createRestWorld()
    await addTodos(world)
    await using lock = await lockTodos(world)
    const sockets = await Promise.all(
      Array.from({ length: clients }, (_, at) => send(requestOf(world, at))),
    )
    const waitForLock = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
    const waiting = async () => (await world.pool.query(waitForLock)).rowCount
    await expect.poll(waiting, { timeout: 10_000 }).toBe(begun)
    for (const socket of sockets) socket.destroy()
    // The server learns of it within a turn of the event loop, which is this one.
    await pause(200)
    await lock[Symbol.asyncDispose]()
    // On a slow machine some of the attempts that had begun have waited too long for the lock.
    expect(await settledCount(world)).toBeLessThanOrEqual(begun)
    expect(world.unexpected).toEqual([])
  },
)

/** A batch leaves locked todos to attempts that run alone. */
function idOf(at: number): string {
  return `019ab000-0000-7000-8000-${String(at).padStart(12, '0')}`
}

async function addTodos({ pool }: RestWorld): Promise<void> {
  await pool.query(
    `insert into todo (owner_id, id, title, created_at, updated_at)
     select $1, id::uuid, 'Buy milk', now(), now() from unnest($2::text[]) as id`,
    ['local', Array.from({ length: clients }, (_, at) => idOf(at))],
  )
}

async function lockTodos({ pool }: RestWorld): Promise<AsyncDisposable> {
  const client = await pool.connect()
  await client.query('begin; select from todo for update')
  let isHeld = true
  return {
    async [Symbol.asyncDispose]() {
      if (isHeld) await client.query('rollback')
      if (isHeld) client.release()
      isHeld = false
    },
  }
}

/** The number of effects when no more have come for a while. */
async function settledCount(world: RestWorld): Promise<number | null> {
  for (let before: number | null = -1; ; ) {
    const { rowCount: count } = await world.pool.query(
      'select from todo where deleted_at is not null',
    )
    if (count === before) return count
    before = count
    await pause(500)
  }
}

function post(target: string, body: string) {
  const { origin, pathname } = new URL(target)
  const head = `POST ${pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
  return { url: origin, text: `${head}content-length: ${body.length}\r\n\r\n${body}` }
}

async function send({ url, text }: { readonly url: string; readonly text: string }) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}
