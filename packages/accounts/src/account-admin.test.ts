import { expect, test } from 'vitest'
import {
  deleteAccount,
  endSessions,
  listAccounts,
  listSessions,
  ownerOfAccount,
} from './account-admin.ts'
import { createApiKey } from './api-keys.ts'
import { createResetLink } from './links.ts'
import { secretHash } from './secret-hash.ts'
import { accountsDatabase } from './test-accounts-database.ts'

const email = 'ann@todo.example'

const session = `insert into auth_session (id, user_id, token, expires_at)
  select $1, id, $1, now() + interval '1 day' from auth_user where email = $2`

test('a deleted account is unknown to every look-up and leaves nothing but its owner', async () => {
  await using it = await accountsDatabase('ann', 'bob')
  const keys = await Promise.all(
    ['ann', 'bob'].map((name) =>
      createApiKey(it.query, { email: `${name}@todo.example`, name: 'script' }),
    ),
  )
  await it.query(session, [secretHash('cookie'), email])
  await createResetLink(it.query, email)
  expect(await it.ownerOf('cookie')).toBe(it.owners.ann)

  expect(await deleteAccount(it.query, 'Ann@todo.example')).toBe(it.owners.ann)
  expect(await Promise.all(['cookie', ...keys].map(it.ownerOf))).toEqual([
    undefined,
    undefined,
    it.owners.bob,
  ])
  const [left] = await it.query(
    `select (select count(*) from auth_session)::int as sessions, (select count(*) from invite)::int as links,
      (select count(*) from auth_account)::int as passwords, (select json_agg(deleted_owner) from deleted_owner) as owners`,
    [],
  )
  expect(left).toMatchObject({ sessions: 0, links: 0, passwords: 1 })
  expect(left?.owners).toMatchObject([{ owner: it.owners.ann }])
  expect(JSON.stringify(left)).not.toContain('todo.example')
  for (const work of [deleteAccount, ownerOfAccount, endSessions]) {
    await expect(work(it.query, email)).rejects.toThrow('No account has the e-mail address')
  }
})

test('the list of accounts shows when each was used last', async () => {
  await using it = await accountsDatabase('ann', 'bob')
  await it.query(session, [secretHash('cookie'), email])
  await it.query(`update auth_session set updated_at = now() - interval '1 day'`, [])
  expect(await it.ownerOf('cookie')).toBe(it.owners.ann)
  const today = new Date().toISOString().slice(0, 10)
  const date = expect.stringContaining(today)
  // The last use follows the answer.
  await expect
    .poll(() => listAccounts(it.query))
    .toEqual([
      { email, owner: it.owners.ann, created: date, lastUsed: date },
      { email: 'bob@todo.example', owner: it.owners.bob, created: date, lastUsed: 'never' },
    ])
})

test('the list of sessions has each one that has not ended, with its device and times', async () => {
  await using it = await accountsDatabase('ann', 'bob')
  await it.query(session, ['first', email])
  await it.query(`update auth_session set user_agent = 'Safari on iPhone'`, [])
  await it.query(session, ['second', 'bob@todo.example'])
  await it.query(session, ['ended', email])
  await it.query(`update auth_session set expires_at = now() where id = 'ended'`, [])
  const date = expect.stringContaining(new Date().toISOString().slice(0, 10))
  const times = { signedIn: date, lastUsed: date }
  expect(await listSessions(it.query)).toEqual([
    { email, device: 'Safari on iPhone', ...times },
    { email: 'bob@todo.example', device: 'Unknown device', ...times },
  ])
})
