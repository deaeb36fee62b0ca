import { randomUUID } from 'node:crypto'
import { addAccounts, signInVariables, type TestAccount } from '@idem/test-support/accounts'
import pg from 'pg'
import { canary, hostileWorld } from '../hostile-world.ts'
import { cursorTwins, type Names, type Twins, textTwins, uuidTwins } from './names.ts'

/** Ann, who has todos and keys; Bob, who sends her names; Carol, who sends names that nobody uses. */
export async function otherOwnerWorld() {
  const world = await hostileWorld(8, signInVariables)
  const accounts = await addAccounts(
    world.databaseUrl,
    ['local', 'ann', 'bob', 'carol'].map((name) => `${canary}-${name}`),
  )
  const [, ann, bob, carol] = accounts
  if (ann === undefined || bob === undefined || carol === undefined) throw new Error('No accounts.')
  const names = namesOf(ann)
  await use(world, ann, names)
  const held = await hold(world.databaseUrl, ann, names)
  const sql = new pg.Client({ connectionString: world.databaseUrl })
  await sql.connect()

  return {
    ...{ send: world.send, harm: world.harm, errors: world.errors, names, ann, bob, carol },
    /** Her attempts that wait for what another session holds, in the same process as Bob's. */
    annWaits: () =>
      Promise.all(
        heldCalls(names).map(({ path, body }) =>
          world.send({ path, body: JSON.stringify(body), headers: authorization(ann) }),
        ),
      ),
    /** Bob and Carol have nothing again. */
    async startOver() {
      const owners = [bob.owner, carol.owner]
      await sql.query('delete from todo where owner_id = any($1)', [owners])
      await sql.query('delete from idem.idempotency_record where owner_id = any($1)', [owners])
    },
    /** Her todos and keys, to the byte. */
    async rowsOfAnn(): Promise<unknown> {
      const { rows } = await sql.query(
        `select (select json_agg(todo order by id) from todo where owner_id = $1) as todos,
          (select json_agg(r order by key) from idem.idempotency_record r where owner_id = $1) as keys`,
        [ann.owner],
      )
      return rows
    },
    async [Symbol.asyncDispose]() {
      await held[Symbol.asyncDispose]()
      await sql.end()
      await world[Symbol.asyncDispose]()
    },
  }
}

function namesOf(ann: TestAccount): Names {
  const todo = ['new', 'new', 'edited', 'done', 'deleted', 'deleted', 'held'].map((as, at) =>
    uuidTwins(as, 120 - at),
  )
  const key = [
    ...['created', 'updated', 'deleted', 'refused', 'cancelled', 'held'].map((as, at) =>
      uuidTwins(as, 100 - at),
    ),
    uuidTwins('from the future', -120),
    uuidTwins('past its window', 23 * 60 + 30),
    ...['created', 'cancelled', 'held'].map((as) => textTwins(as, `key-${as}`)),
  ]
  const word = ['milk', 'tea', 'bread'].map((text) => textTwins('title', text))
  const account = [{ hers: ann.owner, unknown: randomUUID(), as: 'owner' }]
  return { todo, key, word, account, cursor: todo.map(cursorTwins) }
}

type Sends = Pick<Awaited<ReturnType<typeof hostileWorld>>, 'send'>

/** She uses her names as they say. */
async function use({ send }: Sends, ann: TestAccount, names: Names): Promise<void> {
  const ask = async (name: string, input: object, expected = [200]) => {
    const path = `/api/trpc/${name}`
    const body = JSON.stringify(input)
    const { status, text } = await send({ path, body, headers: authorization(ann) })
    if (!expected.includes(status)) throw new Error(`Expected ${expected}: ${status} ${text}`)
  }
  const titled = (number: number) => ({ title: names.word[number % names.word.length]?.hers })
  const keys = names.key.filter(({ as }) => as === 'created')
  for (const [at, { hers: id }] of names.todo.entries()) {
    const idempotencyKey = keys[at]?.hers ?? `other-key-${at}`
    await ask('createTodo', { id, ...titled(at), idempotencyKey })
  }
  const keyed = (as: string) => ({ idempotencyKey: named(names.key, as).hers })
  const { hers: edited } = named(names.todo, 'edited')
  await ask('updateTodo', { id: edited, version: 1, ...titled(1), ...keyed('updated') })
  await ask('updateTodo', { id: named(names.todo, 'done').hers, version: 1, completed: true })
  const [one, other] = names.todo.filter(({ as }) => as === 'deleted')
  await ask('deleteTodo', { id: one?.hers, ...keyed('deleted') })
  await ask('deleteTodo', { id: other?.hers })
  await ask('updateTodo', { id: '99', version: 1, ...titled(0), ...keyed('refused') }, [404])
  await ask('createTodo', { ...titled(0), ...keyed('from the future') }, [412])
  for (const { hers } of names.key.filter(({ as }) => as === 'cancelled')) {
    await ask('cancel', { idempotencyKey: hers })
  }
}

/** A session that holds her keys and her todo, as a slow attempt at another server would. */
async function hold(url: string, { owner }: TestAccount, names: Names): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const insert = `insert into idem.idempotency_record
    (owner_id, key, operation, fingerprint, answer, created_at)
    values ($1, $2, 'createTodo', sha256('x'), '{"id":"x"}', now() - $3::interval)`
  // Its record is kept for half an hour longer than it may be claimed.
  await client.query(insert, [owner, named(names.key, 'past its window').hers, '23.5 hours'])
  await client.query('begin')
  for (const { hers } of names.key.filter(({ as }) => as === 'held')) {
    await client.query(insert, [owner, hers, '0'])
  }
  const { hers: id } = named(names.todo, 'held')
  await client.query('select from todo where owner_id = $1 and id = $2 for update', [owner, id])
  return { [Symbol.asyncDispose]: () => client.end() }
}

function heldCalls(names: Names) {
  const title = names.word[0]?.hers
  const { hers: id } = named(names.todo, 'held')
  return [
    ...names.key
      .filter(({ as }) => as === 'held')
      .map(({ hers }) => ({
        path: '/api/trpc/createTodo',
        body: { title, idempotencyKey: hers },
      })),
    // As many as may wait for one todo at once.
    ...[1, 2].map(() => ({ path: '/api/trpc/updateTodo', body: { id, version: 1, title } })),
  ]
}

function named(all: readonly Twins[], as: string): Twins {
  const found = all.find((twins) => twins.as === as)
  if (found === undefined) throw new Error(`Expected a name ${as}.`)
  return found
}

function authorization({ apiKey }: TestAccount): string[] {
  return ['authorization', `Bearer ${apiKey}`]
}
