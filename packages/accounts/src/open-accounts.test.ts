import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { openAccounts } from './open-accounts.ts'
import type { Query } from './query.ts'

const password = 'correct horse battery'

async function world() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const prisma = createPrisma(pool)
  const query: Query = async (text, values) => (await pool.query(text, [...values])).rows
  const settings = { prisma, query, secret: 's'.repeat(32), origin: 'http://localhost:3000' }
  const accounts = await openAccounts(settings)
  return {
    accounts,
    query,
    settings,
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('of many attempts to claim the first link one gets an account, and no further link is made', async () => {
  await using it = await world()
  const token = (await it.accounts.firstLink())?.token ?? ''
  const claims = ['ann', 'bob', 'cem', 'eve'].map((name) =>
    it.accounts.claim({ token, email: `${name}@todo.example`, name, password }),
  )
  const settled = await Promise.allSettled(claims)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toMatchObject([
    { value: { account: 'local' } },
  ])
  expect(await it.query('select owner from auth_user', [])).toEqual([{ owner: 'local' }])
  expect(await it.accounts.firstLink()).toBeUndefined()
})

test('no table contains the cookie of a session, the token of a link or a password', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const dump = async () =>
    JSON.stringify(
      await it.query(
        `select (select json_agg(auth_session) from auth_session) as sessions,
          (select json_agg(invite) from invite) as links,
          (select json_agg(auth_account) from auth_account) as passwords`,
        [],
      ),
    )
  expect(await dump()).not.toContain(link)
  const email = 'ann@todo.example'
  const { token } = await it.accounts.claim({ token: link, email, name: '', password })
  expect(await it.accounts.ownerOf(token)).toBe('local')
  const stored = await dump()
  expect(stored).toMatch(/"token":"[0-9a-f]{64}"/)
  expect(stored).not.toContain(token)
  expect(stored).not.toContain(password)
})

test('a session that ends in another process is unknown here after five seconds at the latest', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const given = { token: link, email: 'ann@todo.example', name: '', password }
  const { token } = await it.accounts.claim(given)
  const other = await openAccounts(it.settings)
  expect(await other.ownerOf(token)).toBe('local')
  await other.signOut(token)
  expect(await other.ownerOf(token)).toBeUndefined()
  // It was never looked up here, so nothing is cached.
  expect(await it.accounts.ownerOf(token)).toBeUndefined()
})
