import type { createPool } from '@idem/database/pool'
import { Gauge, type Registry } from 'prom-client'

type Pool = Pick<ReturnType<typeof createPool>, 'totalCount' | 'idleCount' | 'waitingCount'>

/** Reads the state of the pools at each scrape. `inFront`: how many wait for a connection outside their pool. */
export function poolMetrics(
  registry: Registry,
  pools: Readonly<Record<string, Pool>>,
  inFront: Readonly<Record<string, () => number>>,
): void {
  new Gauge({
    name: 'idem_pool_connections',
    help: 'Database connections: total, idle, and requests waiting for one.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [pool, { totalCount, idleCount, waitingCount }] of Object.entries(pools)) {
        this.set({ pool, state: 'total' }, totalCount)
        this.set({ pool, state: 'idle' }, idleCount)
        this.set({ pool, state: 'waiting' }, waitingCount + (inFront[pool]?.() ?? 0))
      }
    },
  })
}
