import { expect, test } from 'vitest'
import { confirmApiKeys, createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts'
import { accountsDatabase } from './test-accounts-database.ts'

const email = 'ann@todo.example'

test('an API key is listed without what signs in, and refused once it has expired or is revoked', async () => {
  await using it = await accountsDatabase('ann')
  const key = await createApiKey(it.query, { email, name: 'script', days: 30 })
  const other = await createApiKey(it.query, { email: 'Ann@todo.example', name: 'other' })
  expect(await it.ownerOf(key)).toBe(it.owners.ann)
  const [script, kept] = await listApiKeys(it.query)
  expect([script, kept]).toMatchObject([
    { name: 'script', email, state: 'in use', expires: expect.stringMatching(/^\d{4}-/) },
    { name: 'other', email, state: 'in use', expires: 'never' },
  ])
  const stored = await it.query('select to_jsonb(api_key) as row from api_key', [])
  expect(JSON.stringify(stored)).not.toContain(key.slice(5))

  await it.query(`update api_key set expires_at = now() - interval '1 s' where name = 'script'`, [])
  expect(await it.ownerOf(key)).toBeUndefined()
  expect(await listApiKeys(it.query)).toMatchObject([{ state: 'expired' }, { state: 'in use' }])

  await revokeApiKey(it.query, String(kept?.id))
  expect(await it.ownerOf(other)).toBeUndefined()
  await expect(revokeApiKey(it.query, String(kept?.id))).rejects.toThrow('No API key has the id')
})

test('a disabled API key is refused until it is confirmed, one or all', async () => {
  await using it = await accountsDatabase('ann')
  const names = ['one', 'two', 'three']
  const keys = await Promise.all(names.map((name) => createApiKey(it.query, { email, name })))
  const owners = () => Promise.all(keys.map(it.ownerOf))
  await it.query('update api_key set disabled_at = now()', [])
  expect(await owners()).toEqual([undefined, undefined, undefined])

  const two = (await listApiKeys(it.query)).find(({ name }) => name === 'two')
  expect(two?.state).toBe('not confirmed')
  expect(await confirmApiKeys(it.query, two?.id)).toBe(1)
  expect(await owners()).toEqual([undefined, it.owners.ann, undefined])
  expect(await confirmApiKeys(it.query)).toBe(2)
  expect(await owners()).toEqual(keys.map(() => it.owners.ann))
  await expect(confirmApiKeys(it.query, 'none')).rejects.toThrow('No API key has the id none')
})
