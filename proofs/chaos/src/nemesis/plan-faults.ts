import { type Random, shuffle } from '@idem/test-support/random'

/**
 * - `kill_server`: -9, and a restart after a moment
 * - `stop_server`: SIGSTOP and later SIGCONT, as on a suspended machine
 * - `kill_postgres`: -9 to the postmaster, and a restart
 * - `kill_backend`: -9 to one backend, after which PostgreSQL ends all sessions and recovers
 * - `stop_postgres`: SIGSTOP to the postmaster for a moment
 * - `stop_backends`: SIGSTOP to some backends for a moment
 * - `end_sessions`: SIGTERM to some backends
 * - `cut_connections`: all connections between the servers and PostgreSQL are cut
 * - `refuse_connections`: new connections are refused for a moment
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
  /** Injected after this many attempts, so that it does not depend on the speed of the machine. */
  readonly atAttempt: number
  readonly forMs: number
  /** For further choices, such as the server. */
  readonly random: Random
}

/** The share of each kind in a deck; a third of them kill. */
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

/** The minimum and maximum duration of faults that end by themselves. */
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

/** Plans the faults for a number of attempts, with an average distance. */
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
