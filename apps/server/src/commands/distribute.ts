import { distributionSteps } from '@idem/database/distribute'
import { distributionFaults } from '@idem/database/distribution-faults'
import { createPool } from '@idem/database/pool'
import { cancellableQuery } from '../database/cancellable-query.ts'
import type { Given } from './run-command.ts'
import { withDatabaseUrl } from './with-database.ts'

/** Copying all rows takes minutes or hours; a signal ends it. */
const mostMs = 7 * 24 * 3_600_000

/** Can be repeated: it does what is left. */
export function distribute(given: Given): Promise<number> {
  return withDatabaseUrl(given, async (url) => {
    const pool = createPool({
      url,
      max: 1,
      applicationName: 'idem command',
      statementTimeoutMs: 0,
      lockTimeoutMs: 60_000,
      pooler: given.environment.IDEM_POOLER,
    })
    try {
      const query = cancellableQuery({ pool, statementMs: mostMs, signal: given.signal })
      const faults = await distributionFaults(query)
      if (faults.length > 0) throw new Error(['Nothing was changed.', ...faults].join('\n'))
      const steps = await distributionSteps(query)
      if (steps.length === 0) process.stdout.write('distribute  nothing is left to do\n')
      for (const { does, run } of steps) {
        process.stdout.write(`distribute  ${does}\n`)
        if (given.options.plan !== true) await run()
      }
      return 0
    } finally {
      await pool.end()
    }
  })
}
