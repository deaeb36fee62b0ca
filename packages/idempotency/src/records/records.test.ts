import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createWorld } from '../test-world.ts'
import { keyPolicy } from './key-policy.ts'
import { createRecords } from './records.ts'

const hour = 3_600_000
/** A UUIDv7 of that time. */
const mintedAt = (ms: number) => {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

test('the plans that a session keeps do not scan the records, also when they were made for two of them', async () => {
  await using world = await createWorld()
  await world.admin.query(`
    insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values
      ('ann', 'k', true, now()), ('ann', 'k2', true, now());
    analyze idem.idempotency_record, idem.installation`)
  const { firstClaimOf, outcomeOf } = createRecords(keyPolicy({}))
  const claims = ['abc-123', mintedAt(Date.now()), mintedAt(Date.now() - 5 * hour)].map((key) =>
    firstClaimOf({ owner: 'ann', key, operation: 'make', fingerprint: 'ab', input: {} }),
  )
  const statements = [
    ...claims,
    outcomeOf({ owner: 'ann', key: 'k' }, { kind: 'answer', text: '1', replayed: false }),
    outcomeOf({ owner: 'ann', key: 'k' }, { kind: 'refusal', text: '1', replayed: false }),
  ]
  expect(new Set(statements.map(({ name }) => name)).size).toBe(5)
  for (const { text } of statements) {
    const { rows } = await world.admin.query(`explain (generic_plan) ${text}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).not.toMatch(/Seq Scan on idempotency_record/)
  }
})
