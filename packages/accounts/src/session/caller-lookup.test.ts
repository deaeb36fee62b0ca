import { expect, test } from 'vitest'
import { secretHash } from '../secret-hash.ts'
import { accountsDatabase } from '../test-accounts-database.ts'
import { createCallerLookup } from './caller-lookup.ts'

/** A look-up that knows these tokens, the hashes that each statement asked for, and its clock. */
function world(known: Readonly<Record<string, string>>) {
  const asked: string[][] = []
  const clock = { now: 0 }
  const lookup = createCallerLookup(
    async (_, [hashes]) => {
      asked.push(hashes as string[])
      return Object.entries(known)
        .map(([token, owner]) => ({ hash: secretHash(token), owner }))
        .filter(({ hash }) => (hashes as string[]).includes(hash))
    },
    { now: () => clock.now },
  )
  return { lookup, asked, clock }
}

test('misses of one moment share a statement, and both known and unknown tokens are cached for five seconds', async () => {
  const { lookup, asked, clock } = world({ a: 'ann', b: 'bob' })
  const find = () => Promise.all(['a', 'b', 'a', 'nobody'].map(lookup.ownerOf))
  expect(await find()).toEqual(['ann', 'bob', 'ann', undefined])
  expect(asked.map(({ length }) => length)).toEqual([3])
  clock.now = 4_999
  expect(await find()).toEqual(['ann', 'bob', 'ann', undefined])
  expect(asked).toHaveLength(1)
  clock.now = 5_000
  await find()
  expect(asked).toHaveLength(2)
})

test('a session that ends is unknown at once, also to a look-up that is on its way', async () => {
  const { lookup } = world({ a: 'ann' })
  expect(await lookup.ownerOf('a')).toBe('ann')
  lookup.end('a')
  expect(await lookup.ownerOf('a')).toBeUndefined()

  let answer = (_: Record<string, unknown>[]) => {}
  const slow = createCallerLookup(
    () =>
      new Promise((resolve) => {
        answer = resolve
      }),
  )
  const found = slow.ownerOf('a')
  await Promise.resolve()
  slow.end('a')
  answer([{ hash: secretHash('a'), owner: 'ann' }])
  expect(await found).toBeUndefined()
  expect(await slow.ownerOf('a')).toBeUndefined()
})

test('a failed look-up is an error and not an unknown token, and is not cached', async () => {
  let fails = true
  const lookup = createCallerLookup(async () => {
    if (fails) throw new Error('The database is away.')
    return [{ hash: secretHash('a'), owner: 'ann' }]
  })
  await expect(Promise.resolve(lookup.ownerOf('a'))).rejects.toThrow('away')
  fails = false
  expect(await lookup.ownerOf('a')).toBe('ann')
})

test('a caller is found while the last use cannot be written, which is tried again once that has failed', async () => {
  const written: { hashes: unknown; fail: (error: Error) => void }[] = []
  const errors: unknown[] = []
  const lookup = createCallerLookup(
    (text, [hashes]) =>
      text.includes('update auth_session')
        ? new Promise((_, fail) => written.push({ hashes, fail }))
        : Promise.resolve([
            { hash: secretHash('a'), owner: 'ann', is_due: true },
            { hash: secretHash('b'), owner: 'bob', is_due: false },
          ]),
    { now: () => Infinity, onUnwritten: (error) => errors.push(error) },
  )
  const find = () => Promise.all([lookup.ownerOf('a'), lookup.ownerOf('b')])
  expect(await find()).toEqual(['ann', 'bob'])
  expect(await find()).toEqual(['ann', 'bob'])
  expect(written).toMatchObject([{ hashes: [secretHash('a')] }])
  const lost = new Error('The node is silent.')
  written[0]?.fail(lost)
  await expect.poll(() => errors).toEqual([lost])
  await find()
  expect(written).toHaveLength(2)
})

test('a session ends after seven days without use, and after thirty days with it', async () => {
  await using it = await accountsDatabase('ann')
  const token = 'cookie'
  /** A row as the server would have written it, so many days after its start and its last use. */
  const age = (started: number, used: number) =>
    it.query(
      `insert into auth_session (id, user_id, token, created_at, updated_at, expires_at)
        select 'id', id, $1, now() - $2 * interval '1 day', now() - $3 * interval '1 day',
          now() - $2 * interval '1 day' + least($2 - $3 + 7, 30) * interval '1 day' from auth_user
        on conflict (id) do update set created_at = excluded.created_at,
          updated_at = excluded.updated_at, expires_at = excluded.expires_at`,
      [secretHash(token), started, used],
    )
  await age(6.9, 6.9)
  expect(await it.ownerOf(token)).toBe(it.owners.ann)
  await age(10, 7.1)
  // The second attempt finds what the first one may have written.
  expect(await it.ownerOf(token)).toBeUndefined()
  expect(await it.ownerOf(token)).toBeUndefined()
  await age(29.9, 1)
  expect(await it.ownerOf(token)).toBe(it.owners.ann)
  const left = `select round(extract(epoch from expires_at - now()) / 86400, 1)::float8 as days,
    updated_at > now() - interval '1 minute' as was_written from auth_session`
  const state = () => it.query(left, [])
  await expect.poll(state).toEqual([{ days: 0.1, was_written: true }])
  await age(10, 1)
  expect(await it.ownerOf(token)).toBe(it.owners.ann)
  await expect.poll(state).toEqual([{ days: 7, was_written: true }])
  await age(30.1, 1)
  expect(await it.ownerOf(token)).toBeUndefined()
})

test.for([
  { tables: 'of 20,000 accounts', analyze: 'analyze auth_user, auth_session, api_key' },
  { tables: 'that were never counted', analyze: 'select' },
])(
  'no statement reads a whole table, for one token or 64, in tables $tables',
  async ({ analyze }) => {
    await using database = await accountsDatabase()
    for (const fill of [
      'insert into auth_user (id, owner, name, email) select n, n, n, n from generate_series(1, 20000) n',
      `insert into auth_session (id, user_id, token, expires_at)
      select id, id, sha256(id::bytea), now() + interval '1 h' from auth_user`,
      `insert into api_key (id, hash, user_id, name) select id, sha256(id::bytea), id, 'x' from auth_user`,
      analyze,
    ]) {
      await database.query(fill, [])
    }
    const plans: string[] = []
    for (const count of [1, 64]) {
      const { ownerOf } = createCallerLookup(async (text, values) => {
        const rows = await database.query(`explain ${text}`, values)
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
        return (values[0] as string[]).map((hash) => ({ hash, owner: 'ann', is_due: true }))
      })
      await Promise.all(Array.from({ length: count }, (_, n) => ownerOf(String(n))))
    }
    // The last uses follow the answers.
    await expect.poll(() => plans).toHaveLength(4)
    for (const plan of plans) expect(plan).not.toContain('Seq Scan')
  },
)
