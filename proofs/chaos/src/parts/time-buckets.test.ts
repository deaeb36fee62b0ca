import { expect, test } from 'vitest'
import type { HistoryEvent } from '../senders/history.ts'
import { timeBuckets } from './time-buckets.ts'

test('attempts are counted in the bucket of their end, by outcome, with the latency of those that were answered', () => {
  const ok = { kind: 'ok', body: '', id: '' } as const
  const refused = { kind: 'refused', body: '', code: 'id_taken', retry: 'never' } as const
  const events = [
    ...attempt({ sender: 0, from: 0, to: 2_000 }, { kind: 'unknown', why: 'time-out' }),
    ...attempt({ sender: 0, from: 2_100, to: 2_140 }, ok),
    ...attempt({ sender: 0, from: 2_200, to: 2_210 }, ok),
    // Another account has the same key, and its first success is no replay.
    ...attempt({ sender: 1, from: 9_000, to: 9_020 }, ok),
    ...attempt({ sender: 1, from: 9_900, to: 10_100 }, refused),
  ]
  expect(timeBuckets(events)).toEqual([
    { at: 0, p50: 20, p99: 40, counts: { ok: 2, replayed: 1, refused: 0, unknown: 1 } },
    { at: 10_000, p50: 200, p99: 200, counts: { ok: 0, replayed: 0, refused: 1, unknown: 0 } },
  ])
})

function attempt(
  { sender, from, to }: { sender: number; from: number; to: number },
  happened: HistoryEvent['happened'],
): HistoryEvent[] {
  const call = { sender, key: 'key', operation: 'createTodo', input: 'title' } as const
  return [
    { ...call, at: from, happened: { kind: 'invoke' } },
    { ...call, at: to, happened },
  ]
}
