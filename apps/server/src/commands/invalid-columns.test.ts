import { expect, test } from 'vitest'
import { invalidColumns } from './invalid-columns.ts'

const time = '2026-11-24T12:00:00.123+00:00'
const valid = {
  installation: {
    id: 1,
    ledger_epoch: crypto.randomUUID(),
    forgotten_before: time,
    installation_id: crypto.randomUUID(),
    requires: ['accounts'],
  },
  todo: {
    owner_id: 'local',
    id: '01a23432-e729-73a6-ae00-0178fe6df870',
    title: 'Buy milk \u2028',
    completed: false,
    version: 2,
    created_key: 'k',
    created_at: time,
    updated_at: time,
    deleted_at: null,
  },
  idempotency_record: {
    owner_id: 'local',
    key: 'k',
    operation: 'createTodo',
    fingerprint: `\\x${'0f'.repeat(32)}`,
    answer: '{"title":"\\u0000"}',
    refusal: null,
    status: 201,
    cancelled: false,
    created_at: time,
  },
  auth_user: { id: 'u', owner: 'local', email: 'ann@todo.example' },
  auth_account: { id: 'a', user_id: 'u', password: 'salt:hash' },
  api_key: {
    id: 'k',
    hash: '0f'.repeat(32),
    user_id: 'u',
    name: 'script',
    created_at: time,
    expires_at: null,
  },
  second_factor: { user_id: 'ann', totp: 'sealed', totp_step: 59_000_000 },
  passkey: { id: 'c', user_id: 'ann', name: 'Laptop', public_key: '\\xa501', counter: 0 },
  recovery_code: { hash: 'a'.repeat(64), user_id: 'ann' },
  deleted_owner: { owner: 'local', deleted_at: time },
}
type Table = keyof typeof valid

test('rows that the contract allows, of this release or another one, have no invalid column', () => {
  for (const table of Object.keys(valid) as Table[]) {
    expect(invalidColumns(table, valid[table])).toEqual([])
    expect(invalidColumns(table, { ...valid[table], ofAnotherRelease: 1 })).toEqual([])
  }
  const none = { answer: null, status: null, operation: null, fingerprint: null }
  const cancelled = { ...valid.idempotency_record, ...none, cancelled: true }
  expect(invalidColumns('idempotency_record', cancelled)).toEqual([])
})

test.for<[Table, Record<string, unknown>, string]>([
  ['todo', { title: 'x'.repeat(5_000) }, 'title'],
  ['todo', { title: 'nul \u0000' }, 'title'],
  ['todo', { id: 'not-an-id' }, 'id'],
  ['todo', { version: 0 }, 'version'],
  ['todo', { owner_id: null }, 'owner_id'],
  ['todo', { created_at: 'infinity' }, 'created_at'],
  ['installation', { id: 2 }, 'id'],
  ['idempotency_record', { key: 'two words' }, 'key'],
  ['idempotency_record', { answer: '{' }, 'answer'],
  ['idempotency_record', { fingerprint: '\\x00' }, 'fingerprint'],
  ['idempotency_record', { answer: null }, 'the whole row'],
  ['idempotency_record', { cancelled: true }, 'the whole row'],
  ['auth_user', { owner: '' }, 'owner'],
  ['api_key', { hash: 'idem_plain' }, 'hash'],
  ['second_factor', { totp_step: null }, 'totp_step'],
  ['passkey', { public_key: 'not bytes' }, 'public_key'],
  ['recovery_code', { hash: 'AAAA-BBBB' }, 'hash'],
  ['deleted_owner', { owner: null }, 'owner'],
])('a row of %s with %o is invalid', ([table, change, column]) => {
  expect(invalidColumns(table, { ...valid[table], ...change })).toEqual([column])
})
