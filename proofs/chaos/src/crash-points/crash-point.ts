import { type Random, shuffle } from '@idem/test-support/random'
import { type OperationName, operations } from './crash-point-operations.ts'
import type { Step } from './crash-point-steps.ts'

/** A point in a write: one of its statements, or its response over HTTP. */
export type CrashPoint = { readonly operation: OperationName; readonly step: Step | 'answer' }

export const faults = ['cut', 'hang', 'kill-server', 'kill-postgres'] as const
/** The target of the retry: the same process, the other one, or its successor. */
export const retries = ['same-process', 'other-process', 'restarted'] as const

export type Crash = CrashPoint & {
  readonly fault: (typeof faults)[number]
  /** Before the message reaches the database (or the response its client), or after it is answered. */
  readonly when: 'before' | 'after'
  readonly retry: (typeof retries)[number]
}

/** The number of each fault in the sample of an ordinary run: a hang takes the five seconds that a server waits. */
const sample = { cut: 14, 'kill-server': 12, 'kill-postgres': 11, hang: 3 } as const

/** Every statement boundary of every write; the recorded statements are compared with it. */
export function crashPoints(): CrashPoint[] {
  const names = Object.keys(operations) as OperationName[]
  return names.flatMap((operation) =>
    [...operations[operation].steps, 'answer' as const].map((step) => ({ operation, step })),
  )
}

export function crashes(): Crash[] {
  const moments = ['before', 'after'] as const
  return crashPoints()
    .flatMap((point) => faults.map((fault) => ({ ...point, fault })))
    .flatMap((point) => moments.map((when) => ({ ...point, when })))
    .flatMap((point) => retries.map((retry) => ({ ...point, retry })))
    .filter(isPossible)
}

export function sampleOf(all: readonly Crash[], random: Random): Crash[] {
  const shuffled = [...all]
  shuffle(random, shuffled)
  return faults.flatMap((fault) =>
    shuffled.filter((crash) => crash.fault === fault).slice(0, sample[fault]),
  )
}

/** For example `updateTodo/commit/kill-server-before/restarted`. */
export function nameOf({ operation, step, fault, when, retry }: Crash): string {
  return `${operation}/${step}/${fault}-${when}/${retry}`
}

function isPossible({ operation, step, fault, when, retry }: Crash): boolean {
  if (fault === 'kill-server' && retry === 'same-process') return false
  // To a client a hanging response equals a cut one, and a received one cannot be lost.
  if (step === 'answer' && (fault === 'hang' || (fault === 'cut' && when === 'after'))) return false
  // Without a retry the first possible target represents all.
  const first = fault === 'kill-server' ? 'other-process' : 'same-process'
  return !('sentAgain' in operations[operation]) || retry === first
}
