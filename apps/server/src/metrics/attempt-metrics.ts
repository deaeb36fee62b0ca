import { mutations } from '@idem/operations/mutations'
import type { KeyedAttempt } from '@idem/operations/services'
import { Counter, Histogram, type Registry } from 'prom-client'

const outcomes = ['executed', 'replayed', 'refused', 'in_flight', 'unavailable', 'dropped'] as const
const resolutions = ['executed', 'replayed', 'unresolved'] as const

/** From less than a database round trip to the request deadline of 10 s. */
const durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Up to the lock time-out of 1.5 s, after which a waiting duplicate gets `in_flight`. */
const waits = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5]
/** From a double click, over a client's back-off, to the key retention of a day and longer. */
const ages = [0.1, 1, 5, 15, 60, 300, 1_800, 3_600, 21_600, 86_400, 604_800]

/** Counts keyed attempts. Every series starts at zero: a rate needs a value before the first event. */
export function attemptMetrics(registry: Registry): (attempt: KeyedAttempt) => void {
  const registers = [registry]
  const attempts = new Counter({
    name: 'idem_keyed_attempts_total',
    help: 'Attempts with a key, by outcome.',
    labelNames: ['operation', 'outcome'],
    registers,
  })
  const reused = new Counter({
    name: 'idem_key_reused_total',
    help: 'Attempts refused because their key was used for another input or operation; also counted as refused.',
    labelNames: ['operation'],
    registers,
  })
  const ambiguous = new Counter({
    name: 'idem_ambiguous_commits_total',
    help: 'Ambiguous commits of keyed attempts, by the result of claiming the key again.',
    labelNames: ['resolved'],
    registers,
  })
  const duration = new Histogram({
    name: 'idem_attempt_duration_seconds',
    help: 'Duration of a keyed attempt, from its parsed request to its outcome.',
    labelNames: ['operation'],
    buckets: durations,
    registers,
  })
  const claimWait = new Histogram({
    name: 'idem_claim_wait_seconds',
    help: 'Time that a keyed attempt waited for its key: for the claim, or for a duplicate in this process. Attempts in batches do not wait and are not included.',
    buckets: waits,
    registers,
  })
  const replayAge = new Histogram({
    name: 'idem_replay_age_seconds',
    help: 'Age of a stored answer at its replay.',
    buckets: ages,
    registers,
  })
  for (const operation of Object.keys(mutations)) {
    for (const outcome of outcomes) attempts.inc({ operation, outcome }, 0)
    reused.inc({ operation }, 0)
    duration.zero({ operation })
  }
  for (const resolved of resolutions) ambiguous.inc({ resolved }, 0)

  return function countAttempt(attempt) {
    const { operation, outcome, refusal, ambiguousCommit, claimWaitMs, replayAgeMs } = attempt
    attempts.inc({ operation, outcome })
    duration.observe({ operation }, attempt.durationMs / 1_000)
    // Never a replay: this refusal is not stored.
    if (refusal === 'key_reused') reused.inc({ operation })
    if (ambiguousCommit !== undefined) ambiguous.inc({ resolved: ambiguousCommit })
    if (claimWaitMs !== undefined) claimWait.observe(claimWaitMs / 1_000)
    if (replayAgeMs !== undefined) replayAge.observe(replayAgeMs / 1_000)
  }
}
