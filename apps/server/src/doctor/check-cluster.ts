import { clusterFaults } from '@idem/database/cluster-faults'
import { distributionSteps } from '@idem/database/distribute'
import { isDistributed, type Query } from '@idem/database/is-distributed'
import type { Environment } from '../environment.ts'
import { explainStartupError } from '../startup/startup-errors.ts'
import { type Finding, problem, warning } from './finding.ts'

/** Of tables that Citus distributes. Other databases have no row of these. */
export async function checkCluster(query: Query, environment: Environment): Promise<Finding[]> {
  try {
    if (!(await isDistributed(query))) return []
    const faults = await clusterFaults(query)
    if (faults.length > 0) return faults.map((fault) => ({ about, ...problem(fault) }))
    const left = await distributionSteps(query)
    if (left.length === 0) return [{ about, level: 'ok', says: 'all answer, and know the tables' }]
    const says = left.map(({ does }) => does).join('; ')
    return [{ about, ...warning(`left to do: ${says}; run "idem distribute" on the coordinator`) }]
  } catch (error) {
    return [{ about, ...problem(explainStartupError(error, environment)) }]
  }
}

const about = 'nodes'

/** The nodes for which a server has connections. */
export async function nodesWithRows(query: Query): Promise<readonly string[]> {
  if (!(await isDistributed(query))) return []
  const rows = await query(
    `select distinct groupid::text as node from pg_dist_shard join pg_dist_placement using (shardid)
     where logicalrelid = 'public.todo'::regclass`,
    [],
  )
  return rows.map(({ node }) => `${node}`)
}
