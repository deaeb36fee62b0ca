import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { type CleaningSettings, clean } from './clean.ts'

/** A database with 1,500 keys and 1,500 tombstones past their retention. */
async function createWorld() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  await pool.query(`
    insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
      select 'local', 'k' || n, true, now() - interval '3 days' from generate_series(1, 1500) as n;
    insert into todo (owner_id, id, title, created_at, updated_at, deleted_at)
      select 'local', gen_random_uuid(), 'x', now() - interval '3 years', now() - interval '2 years',
        now() - interval '2 years' from generate_series(1, 1500) as n`)
  const query: CleaningSettings['query'] = async (text, values) =>
    (await pool.query(text, [...values])).rows
  return {
    query,
    clean: (settings: Partial<CleaningSettings> = {}) =>
      clean({
        query,
        policy: { retentionHours: 24 },
        tombstoneRetentionDays: 365,
        signal: new AbortController().signal,
        ...settings,
      }),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('keys and tombstones are cleaned, and each batch is reported', async () => {
  await using world = await createWorld()
  const batches: unknown[] = []
  const onBatch: CleaningSettings['onBatch'] = (kind, removed) => batches.push([kind, removed])
  expect(await world.clean({ onBatch })).toEqual({
    keys: { removed: 1_500 },
    tombstones: { removed: 1_500 },
  })
  expect(batches).toEqual([
    ['keys', 1_000],
    ['keys', 500],
    ['tombstones', 1_000],
    ['tombstones', 500],
  ])
})

test.each([
  ['keys', 'idempotency_record', 'tombstones'],
  ['tombstones', 'delete from todo', 'keys'],
] as const)(
  'when cleaning %s fails half-way, its removals are reported, and the other is cleaned',
  async (kind, part, other) => {
    await using world = await createWorld()
    const lost = new Error('The connection is gone.')
    let batches = 0
    const cleaned = await world.clean({
      async query(text, values) {
        if (text.includes(part)) {
          batches += 1
          if (batches === 2) throw lost
        }
        return world.query(text, values)
      },
    })
    expect(cleaned[kind]).toEqual({ removed: 1_000, failure: lost })
    expect(cleaned[other]).toEqual({ removed: 1_500 })
  },
)
