import type { HttpFault } from '@idem/test-support/http-fault'
import type { FaultKind } from '../nemesis/plan-faults.ts'
import type { TimeBucket } from './time-buckets.ts'

/** A fault that was injected, from its begin to its end in milliseconds since the start of the part. */
export type InjectedFault = {
  readonly kind: FaultKind
  readonly at: number
  readonly until: number
  readonly target: string
}

/** A part of a long run that ended without a violation. A part with one is not recorded. */
export type PartRecord = {
  readonly seed: number
  /** The sources that ran. */
  readonly sources: string
  readonly part: number
  readonly attempts: number
  readonly durationMs: number
  readonly wellAgainMs: number
  readonly violations: 0
  /** Requests on the way to the servers, and how many of them met each fault. */
  readonly requests: number
  readonly requestFaults: Readonly<Record<HttpFault, number>>
  /** Messages that met a fault on the way to the database. */
  readonly databaseFaults: number
  readonly faults: readonly InjectedFault[]
  /** The count of each kind of result, refusals by their code. */
  readonly results: Readonly<Record<string, number>>
  readonly buckets: readonly TimeBucket[]
}

/** The share of requests with a fault that looks like a failure to a sender, or like a second intent to a server. */
export function shareFaulted(parts: readonly PartRecord[]): number {
  const hard = parts.map(({ requestFaults: { delay: _, slice: __, ...each } }) =>
    sum(Object.values(each)),
  )
  return sum(hard) / sum(parts.map(({ requests }) => requests))
}

/** Injected faults that killed or stopped a server or the database as a whole. */
export function killsAndStops(parts: readonly PartRecord[]): number {
  const counted = countFaults(parts)
  return counted.kill_server + counted.stop_server + counted.kill_postgres + counted.stop_postgres
}

export function countFaults(parts: readonly PartRecord[]): Record<FaultKind, number> {
  const counted: Record<FaultKind, number> = {
    kill_server: 0,
    stop_server: 0,
    kill_postgres: 0,
    kill_backend: 0,
    stop_postgres: 0,
    stop_backends: 0,
    end_sessions: 0,
    cut_connections: 0,
    refuse_connections: 0,
  }
  for (const { kind } of parts.flatMap(({ faults }) => faults)) counted[kind] += 1
  return counted
}

/** The counts of all parts, name by name. */
export function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const [name, count] of counts.flatMap((each) => Object.entries(each))) {
    total[name] = (total[name] ?? 0) + count
  }
  return total
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
