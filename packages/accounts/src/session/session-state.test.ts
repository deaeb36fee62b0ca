import { expect, test } from 'vitest'
import { createApiKey } from '../api-keys.ts'
import {
  expectRecent,
  expectRecentSetUp,
  findOwnSession,
  findSetUpSession,
} from '../own/own-session.ts'
import { secretHash } from '../secret-hash.ts'
import { accountsDatabase } from '../test-accounts-database.ts'
import { createCallerLookup } from './caller-lookup.ts'

/** Ann has no second factor; Bob has one. Each has a session by the password alone and one by two factors. */
async function world() {
  const it = await accountsDatabase('ann', 'bob')
  await it.query(
    `insert into second_factor (user_id) select id from auth_user where name = 'bob'`,
    [],
  )
  for (const name of ['ann', 'bob']) {
    for (const by of ['password', 'two factors']) {
      const token = `${name} by ${by}`
      await it.query(
        `insert into auth_session (id, user_id, token, expires_at, second_factor)
          select $1, id, $2, now() + interval '1 h', $3 from auth_user where name = $4`,
        [token, secretHash(token), by !== 'password', name],
      )
    }
  }
  return it
}

const refused = { refusal: { code: 'unauthenticated' } }

test('a session is good for everything, for setting up a second factor, or for nothing, by its proof', async () => {
  await using it = await world()
  for (const [token, requiresSecondFactor, goodFor] of [
    ['ann by password', false, 'everything'],
    ['ann by two factors', false, 'everything'],
    ['bob by password', false, 'nothing'],
    ['bob by two factors', false, 'everything'],
    ['ann by password', true, 'setting up'],
    ['ann by two factors', true, 'setting up'],
    ['bob by password', true, 'nothing'],
    ['bob by two factors', true, 'everything'],
  ] as const) {
    const source = { query: it.query, requiresSecondFactor }
    const owner = it.owners[token.slice(0, 3)]
    const isFull = goodFor === 'everything'
    const caller = await createCallerLookup(it.query, source).ownerOf(token)
    expect([token, caller]).toEqual([token, isFull ? owner : undefined])
    for (const find of [findOwnSession, expectRecent]) {
      if (isFull) expect(await find(source, token)).toMatchObject({ owner })
      else await expect(find(source, token)).rejects.toMatchObject(refused)
    }
    for (const find of [findSetUpSession, expectRecentSetUp]) {
      if (goodFor !== 'nothing') expect(await find(source, token)).toMatchObject({ owner })
      else await expect(find(source, token)).rejects.toMatchObject(refused)
    }
  }
})

test('an API key is accepted without a second factor of its account only where none is required', async () => {
  await using it = await world()
  const key = (name: string) => createApiKey(it.query, { email: `${name}@todo.example`, name })
  const keys = [await key('ann'), await key('bob')]
  const found = (requiresSecondFactor: boolean) => {
    const { ownerOf } = createCallerLookup(it.query, { requiresSecondFactor })
    return Promise.all(keys.map((each) => ownerOf(each)))
  }
  expect(await found(false)).toEqual([it.owners.ann, it.owners.bob])
  expect(await found(true)).toEqual([undefined, it.owners.bob])
})
