import type { Query } from '../is-distributed.ts'
import { clusterFaults } from './cluster-faults.ts'

/** What a database lacks for distributing its tables by owner with Citus, each a sentence with its remedy. */
export async function distributionFaults(query: Query): Promise<string[]> {
  if (!(await hasCitus(query))) return [`${needsCitus}.`]
  const [here] = await query(
    `select citus_is_coordinator() as is_coordinator,
       (select count(*) from pg_dist_node where isactive and shouldhaveshards and noderole = 'primary')::int as nodes`,
    [],
  )
  if (here?.is_coordinator !== true) {
    return ['DATABASE_URL points to a worker; tables are distributed from the coordinator.']
  }
  const few =
    here.nodes === 0 ? ['No node takes shards; add workers: select citus_add_node(…).'] : []
  return [...few, ...(await clusterFaults(query))]
}

const needsCitus =
  'The database lacks Citus; install it on each node, set shared_preload_libraries = citus, and run "create extension citus" there'

async function hasCitus(query: Query): Promise<boolean> {
  const [citus] = await query(
    `select exists (select 1 from pg_extension where extname = 'citus') as is_there`,
    [],
  )
  return citus?.is_there === true
}
