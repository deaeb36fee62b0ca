import type { Query } from './is-distributed.ts'

/** What a database lacks for distributing its tables by owner with Citus, each a sentence with its remedy. */
export async function distributionFaults(query: Query): Promise<string[]> {
  const [citus] = await query(
    `select exists (select 1 from pg_extension where extname = 'citus') as is_there`,
    [],
  )
  if (citus?.is_there !== true) return [`${needsCitus}.`]
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
  const nodes = await query(askNodes, [settingsOfNode])
  return [...few, ...nodes.flatMap(faultsOfNode), ...differences(nodes)]
}

const needsCitus =
  'The database lacks Citus; install it on each node, set shared_preload_libraries = citus, and run "create extension citus" there'

const settingsOfNode = `
  select json_object_agg(name, setting)::text from (
    select name, setting from pg_settings
    where name in ('server_version_num', 'wal_level', 'max_prepared_transactions', 'max_connections', 'jit', 'output_plugin_libraries')
    union all select 'citus', extversion from pg_extension where extname = 'citus'
    union all select 'now', extract(epoch from clock_timestamp())::text
  ) as found`

const askNodes = `
  select nodename || ':' || nodeport as node, success, result, extract(epoch from clock_timestamp())::float8 as now
  from run_command_on_all_nodes($1) join pg_dist_node using (nodeid) order by nodeid`

/** Requests of a server of each node, and the connections between nodes. */
const fewConnections = 100
/** A key is valid by the clock of the node that is asked. */
const clocksApartS = 60

/** That of PostgreSQL for moving shards, that of Citus for splitting tables into shards. */
const decoders = ['pgoutput', 'citus']

type Row = Readonly<Record<string, unknown>>

function faultsOfNode({ node, success, result, now }: Row): string[] {
  if (success !== true) return [`${node} cannot be asked: ${result}.`]
  const found = JSON.parse(String(result))
  const faults = [
    found.wal_level !== 'logical' &&
      'has wal_level = ' +
        `${found.wal_level}; set logical, which distributing and moving rows while they are written needs`,
    Number(found.max_prepared_transactions) === 0 &&
      'has max_prepared_transactions = 0; set it to max_connections, because the small tables are changed on all nodes',
    Number(found.max_connections) < fewConnections &&
      `has max_connections = ${found.max_connections}; set ${fewConnections} or more`,
    found.jit === 'on' && 'has jit = on; set off, because it may compile statements to each shard',
    found.output_plugin_libraries !== undefined &&
      !decoders.every((name) => String(found.output_plugin_libraries).includes(name)) &&
      `does not let Citus decode its log; set output_plugin_libraries = '${decoders.join(', ')}'`,
    Math.abs(Number(found.now) - Number(now)) > clocksApartS &&
      'has a clock more than a minute from that of this node; synchronise both, with NTP for example',
  ]
  return faults.filter((fault) => fault !== false).map((fault) => `${node} ${fault}.`)
}

/** All nodes need the same versions. */
function differences(nodes: readonly Row[]): string[] {
  const found = nodes
    .filter(({ success }) => success === true)
    .map(({ result }) => JSON.parse(String(result)))
  const versions = new Set(
    found.map((each) => `${Math.trunc(each.server_version_num / 10_000)} with Citus ${each.citus}`),
  )
  if (versions.size < 2) return []
  return [`The nodes have different versions: PostgreSQL ${[...versions].join(', ')}.`]
}
