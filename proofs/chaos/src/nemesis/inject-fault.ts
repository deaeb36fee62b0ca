import { setTimeout as pause } from 'node:timers/promises'
import type { PostgresProxy } from '@idem/test-support/postgres-proxy'
import { type Random, shuffle } from '@idem/test-support/random'
import type { EffectLog } from '../checker/effect-log.ts'
import type { RestartableServer } from '../servers/restartable-server.ts'
import type { KillablePostgres } from './killable-postgres.ts'
import type { Plan } from './plan-faults.ts'

export type Victims = {
  readonly servers: readonly RestartableServer[]
  readonly postgres: KillablePostgres
  readonly proxy: PostgresProxy
  readonly log: EffectLog
}

const mostRecoveryMs = 20_000

/** Injects the fault and resolves when it is over, with its target. */
export async function injectFault(
  { fault, forMs, random }: Plan,
  victims: Victims,
): Promise<string> {
  const { servers, postgres, proxy, log } = victims
  const which = random.between(0, servers.length - 1)
  const server = servers[which]
  if (server === undefined) throw new Error('Expected at least one server.')
  switch (fault) {
    case 'kill_server':
      await server.now.end('SIGKILL')
      await pause(forMs)
      await server.restart()
      return `server ${which}`
    case 'stop_server':
      await stopFor([server.now.pid], forMs)
      return `server ${which}`
    case 'kill_postgres':
      process.kill(await postgres.postmaster(), 'SIGKILL')
      await pause(forMs)
      await postgres.restart()
      return ''
    case 'stop_postgres':
      await stopFor([await postgres.postmaster()], forMs)
      return ''
    case 'kill_backend': {
      const [victim] = await some(log, random)
      if (victim !== undefined) signal(victim, 'SIGKILL')
      return `backend ${victim}`
    }
    case 'stop_backends': {
      const stopped = await some(log, random)
      await stopFor(stopped, forMs)
      return `${stopped.length} backends`
    }
    case 'end_sessions': {
      const ended = await some(log, random)
      // The signal of pg_terminate_backend.
      for (const pid of ended) signal(pid, 'SIGTERM')
      return `${ended.length} sessions`
    }
    case 'cut_connections':
      return `${proxy.cutAll()} connections`
    case 'refuse_connections':
      await proxy.refuse(random.percent(50) ? '53300' : undefined)
      proxy.cutAll()
      await pause(forMs)
      await proxy.accept()
      return ''
  }
}

/** About half of the sessions, in random order, and at least one if any. */
async function some(log: EffectLog, random: Random): Promise<number[]> {
  const backends = await backendsOf(log)
  shuffle(random, backends)
  return backends.slice(0, Math.ceil(backends.length / 2))
}

/** The database may still be recovering from the fault before this one. */
async function backendsOf(log: EffectLog): Promise<number[]> {
  for (const begun = performance.now(); ; ) {
    try {
      return await log.backends()
    } catch (error) {
      if (performance.now() - begun > mostRecoveryMs) throw error
      await pause(100)
    }
  }
}

async function stopFor(pids: readonly number[], ms: number): Promise<void> {
  try {
    for (const pid of pids) signal(pid, 'SIGSTOP')
    await pause(ms)
  } finally {
    for (const pid of pids) signal(pid, 'SIGCONT')
  }
}

/** A session may have ended by itself. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
