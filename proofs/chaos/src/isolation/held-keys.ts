import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '@idem/test-support/random'
import pg from 'pg'
import { uuidAt } from './poison.ts'

export type HeldKeys = AsyncDisposable & { readonly now: () => readonly string[] }

/** Enough that single-flight does not merge the poison into a few attempts. */
const keysAtOnce = 30
const holdMs = [3_000, 5_000] as const

/** A session that claims keys, holds them for 3 to 5 s and rolls back, repeatedly until disposed. */
export async function holdKeys(url: string, random: Random): Promise<HeldKeys> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const ending = new AbortController()
  let held: readonly string[] = []

  async function claim(): Promise<void> {
    const keys = Array.from({ length: keysAtOnce }, () => uuidAt(random, Date.now()))
    await client.query('begin')
    await client.query(
      `insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
       select 'local', unnest($1::text[]), true, now()`,
      [keys],
    )
    held = keys
  }

  async function holdOn(): Promise<void> {
    while (!ending.signal.aborted) {
      await pause(random.between(...holdMs), undefined, { signal: ending.signal }).catch(() => {})
      await client.query('rollback')
      if (!ending.signal.aborted) await claim()
    }
  }

  await claim()
  const done = holdOn()
  return {
    now: () => held,
    async [Symbol.asyncDispose]() {
      ending.abort()
      await done
      await client.end()
    },
  }
}
