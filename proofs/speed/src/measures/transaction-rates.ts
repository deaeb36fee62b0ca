import { createPrisma } from '@idem/database/prisma'
import { createIdempotency } from '@idem/idempotency'
import { pgAdapter } from '@idem/idempotency/pg'
import { prismaAdapter } from '@idem/idempotency/prisma'
import pg from 'pg'
import { mintKey } from '../requests/mint-key.ts'

export type TransactionPlan = {
  readonly url: string
  readonly rounds: number
  readonly seconds: number
}

/** Attempts at once, each with a connection of its own. */
export const attemptsAtOnce = 16

/** Effects a second of each round, with `run` and in a plain transaction of the same library. */
export type TransactionRates = Readonly<Record<Library, { run: number[]; plain: number[] }>>

export type Library = (typeof libraries)[number]

export const libraries = ['pg', 'prisma'] as const

/** One way to insert a todo in a transaction. */
type Side = { readonly library: Library; readonly kind: 'run' | 'plain'; once(): Promise<unknown> }

/**
 * The rate of `run` beside the rate of a plain transaction with the same INSERT, without HTTP. The sides
 * follow each other within a round, and every second round goes backwards.
 */
export async function measureTransactionRates(plan: TransactionPlan): Promise<TransactionRates> {
  const { url, rounds, seconds } = plan
  // A server runs in production; in development the adapter of Prisma checks each call.
  process.env.NODE_ENV = 'production'
  await using stack = new AsyncDisposableStack()
  const openPool = () => {
    const pool = new pg.Pool({ connectionString: url, max: attemptsAtOnce })
    // The end of the pool does not wait for its connections, and dropping the database may end them first.
    pool.on('connect', (client) => client.on('error', () => {}))
    pool.on('error', () => {})
    return stack.adopt(pool, () => pool.end())
  }
  const sides = [...pgSides(openPool()), ...prismaSides(openPool())]
  const rates: TransactionRates = {
    pg: { run: [], plain: [] },
    prisma: { run: [], plain: [] },
  }
  for (const side of sides) await rateOf(side, Math.min(1, seconds))
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      rates[side.library][side.kind].push(await rateOf(side, seconds))
    }
  }
  return rates
}

async function rateOf({ once }: Side, seconds: number): Promise<number> {
  const begun = performance.now()
  const end = begun + seconds * 1_000
  let done = 0
  const attempts = async () => {
    for (; performance.now() < end; done += 1) await once()
  }
  await Promise.all(Array.from({ length: attemptsAtOnce }, attempts))
  return done / ((performance.now() - begun) / 1_000)
}

function pgSides(pool: pg.Pool): Side[] {
  const { run } = createIdempotency({ adapter: pgAdapter(pool) })
  const insert = async (client: pg.PoolClient) => {
    const { id, title, at } = newTodo()
    await client.query(
      'insert into todo (owner_id, id, title, created_at, updated_at) values ($1, $2, $3, $4, $4)',
      [owner, id, title, at],
    )
    return { id, title }
  }
  const plain = async () => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await insert(client)
      await client.query('commit')
    } finally {
      client.release()
    }
  }
  return [
    { library: 'pg', kind: 'plain', once: plain },
    { library: 'pg', kind: 'run', once: () => run(newIntent(), insert) },
  ]
}

type Create = { readonly todo: Pick<ReturnType<typeof createPrisma>['todo'], 'create'> }

function prismaSides(pool: pg.Pool): Side[] {
  const client = createPrisma(pool)
  const { run } = createIdempotency({ adapter: prismaAdapter(client) })
  const create = ({ todo }: Create) => {
    const { id, title, at } = newTodo()
    return todo.create({ data: { ownerId: owner, id, title, createdAt: at, updatedAt: at } })
  }
  return [
    {
      library: 'prisma',
      kind: 'plain',
      once: () => client.$transaction(async (tx) => await create(tx)),
    },
    { library: 'prisma', kind: 'run', once: () => run(newIntent(), create) },
  ]
}

const owner = 'local'

function newTodo() {
  return { id: mintKey(), title: 'Buy milk', at: new Date() }
}

function newIntent() {
  return { owner, key: mintKey(), operation: 'createTodo', input: { title: 'Buy milk' } }
}
