import type { PartRecord } from './part-record.ts'

/** A part of 21 seconds for tests, with four faults. */
export function examplePart(different: Partial<PartRecord> = {}): PartRecord {
  const counts = { ok: 600, replayed: 200, refused: 150, unknown: 50 }
  return {
    seed: 7,
    sources: 'a commit',
    part: 1,
    attempts: 2_000,
    durationMs: 21_000,
    wellAgainMs: 900,
    violations: 0,
    requests: 2_000,
    requestFaults: {
      cut_before: 60,
      cut_midway: 0,
      cut_after: 40,
      late: 0,
      hang: 0,
      duplicate: 0,
      delay: 30,
      slice: 70,
      refuse: 0,
      bad_gateway: 0,
      hold: 0,
      hold_answer: 0,
    },
    databaseFaults: 12,
    faults: [
      { kind: 'kill_server', at: 1_000, until: 2_000, target: 'server 0' },
      { kind: 'kill_server', at: 3_000, until: 4_000, target: 'server 1' },
      { kind: 'stop_postgres', at: 5_000, until: 5_500, target: '' },
      { kind: 'kill_backend', at: 6_000, until: 6_000, target: 'backend 1' },
    ],
    results: { ok: 1_600, id_taken: 300, unknown: 100 },
    buckets: [
      { at: 0, p50: 10, p99: 100, counts },
      { at: 10_000, p50: 10, p99: 1_000, counts },
    ],
    ...different,
  }
}
