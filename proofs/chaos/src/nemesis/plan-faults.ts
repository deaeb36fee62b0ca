import { type Random, shuffle } from '@idem/test-support/random'

/**
 * - `kill_server`: -9, and it comes back after a moment
 * - `stop_server`: it is stopped and goes on later, as on a machine that was asleep
 * - `kill_postgres`: -9 to the process that starts all others; it comes back
 * - `kill_backend`: -9 to one session's process, upon which PostgreSQL ends all sessions and repairs itself
 * - `stop_postgres`: no new session is served for a moment
 * - `stop_backends`: some sessions fall silent for a moment
 * - `end_sessions`: PostgreSQL is told to end some sessions
 * - `cut_connections`: all connections between the servers and PostgreSQL break
 * - `refuse_connections`: no new connection gets through for a moment
 */
export type FaultKind =
  | 'kill_server'
  | 'stop_server'
  | 'kill_postgres'
  | 'kill_backend'
  | 'stop_postgres'
  | 'stop_backends'
  | 'end_sessions'
  | 'cut_connections'
  | 'refuse_connections'

export type Plan = {
  readonly fault: FaultKind
  /** Once so many attempts have been begun: a slow machine is not worse off. */
  readonly atAttempt: number
  readonly forMs: number
  /** What else has to be chosen, such as which server. */
  readonly random: Random
}

/** How often each comes in so many faults; a third of them kill. */
const deck: Readonly<Record<FaultKind, number>> = {
  kill_server: 5,
  stop_server: 4,
  kill_postgres: 2,
  kill_backend: 2,
  stop_postgres: 2,
  stop_backends: 3,
  end_sessions: 3,
  cut_connections: 2,
  refuse_connections: 2,
}

/** How long what comes to an end by itself takes: at least, at most. */
const durationsMs: Readonly<Record<FaultKind, readonly [number, number]>> = {
  kill_server: [0, 500],
  stop_server: [500, 3_000],
  kill_postgres: [0, 200],
  kill_backend: [0, 0],
  stop_postgres: [200, 1_000],
  stop_backends: [200, 1_000],
  end_sessions: [0, 0],
  cut_connections: [0, 0],
  refuse_connections: [100, 800],
}

/** All that will be done in so many attempts, one fault in so many of them on the average. */
export function planFaults(random: Random, run: { attempts: number; apart: number }): Plan[] {
  const cards = Object.entries(deck).flatMap(([fault, times]) =>
    Array<FaultKind>(times).fill(fault as FaultKind),
  )
  const plans: Plan[] = []
  const wait = () => random.between(run.apart >> 1, (run.apart * 3) >> 1)
  for (let atAttempt = wait(); atAttempt < run.attempts; atAttempt += wait()) {
    const at = plans.length % cards.length
    if (at === 0) shuffle(random, cards)
    const fault = cards[at] ?? 'kill_server'
    plans.push({
      fault,
      atAttempt,
      forMs: random.between(...durationsMs[fault]),
      random: random.fork(plans.length),
    })
  }
  return plans
}
