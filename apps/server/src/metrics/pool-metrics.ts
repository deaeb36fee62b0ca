import type { createPool } from '@idem/database/pool'
import { Gauge, type Registry } from 'prom-client'

type Pool = Pick<ReturnType<typeof createPool>, 'totalCount' | 'idleCount' | 'waitingCount'>

/** Shows what the pools are doing at the moment they are looked at. */
export function poolMetrics(registry: Registry, pools: Readonly<Record<string, Pool>>): void {
  new Gauge({
    name: 'idem_pool_connections',
    help: 'Connections to the database: all there are, those without work, and requests that wait for one.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [pool, { totalCount, idleCount, waitingCount }] of Object.entries(pools)) {
        this.set({ pool, state: 'total' }, totalCount)
        this.set({ pool, state: 'idle' }, idleCount)
        this.set({ pool, state: 'waiting' }, waitingCount)
      }
    },
  })
}
