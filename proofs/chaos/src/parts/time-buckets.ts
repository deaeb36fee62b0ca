import type { HistoryEvent } from '../senders/history.ts'

/** Wide enough for about two thousand attempts, of which the slowest hundredth is then twenty. */
export const bucketMs = 10_000

/** The results of attempts that ended within one bucket of time. */
export type TimeBucket = {
  /** Its begin, in milliseconds since the start of the part. */
  readonly at: number
  /** The latency of answered attempts, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly counts: Readonly<Record<Outcome, number>>
}

/** `replayed` is a success of an intent that had one before; the first success may be a replay as well. */
export type Outcome = 'ok' | 'replayed' | 'refused' | 'unknown'

type Ended = { readonly at: number; readonly outcome: Outcome; readonly latencyMs: number }

export function timeBuckets(events: readonly HistoryEvent[]): TimeBucket[] {
  const buckets = Map.groupBy(endedAttempts(events), ({ at }) => Math.floor(at / bucketMs))
  return [...buckets]
    .toSorted(([one], [other]) => one - other)
    .map(([bucket, ended]) => toBucket(bucket * bucketMs, ended))
}

function toBucket(at: number, ended: readonly Ended[]): TimeBucket {
  const counts: Record<Outcome, number> = { ok: 0, replayed: 0, refused: 0, unknown: 0 }
  for (const { outcome } of ended) counts[outcome] += 1
  const latencies = ended
    .flatMap(({ outcome, latencyMs }) => (outcome === 'unknown' ? [] : latencyMs))
    .sort((one, other) => one - other)
  const quantile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
  return { at, p50: quantile(0.5), p99: quantile(0.99), counts }
}

/** A sender has at most one attempt of an intent in progress. */
function endedAttempts(events: readonly HistoryEvent[]): Ended[] {
  const begun = new Map<string, number>()
  const succeeded = new Set<string>()
  return events.flatMap(({ at, sender, operation, key, input, happened }) => {
    const intent = `${sender} ${operation} ${key} ${input}`
    if (happened.kind === 'invoke') {
      begun.set(intent, at)
      return []
    }
    const outcome = outcomeOf(happened, succeeded.has(intent))
    if (outcome === 'ok') succeeded.add(intent)
    return [{ at, outcome, latencyMs: at - (begun.get(intent) ?? at) }]
  })
}

type Result = Exclude<HistoryEvent['happened'], { kind: 'invoke' }>

function outcomeOf({ kind }: Result, hasSucceeded: boolean): Outcome {
  if (kind === 'refused' || kind === 'unknown') return kind
  return hasSucceeded ? 'replayed' : 'ok'
}
