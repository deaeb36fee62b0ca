import { tables } from '../backup/backup-format.ts'
import type { Query } from '../is-distributed.ts'

/** Why a cluster does not serve or keep distributed tables well, each a sentence with its remedy. Asked at any node. */
export async function clusterFaults(query: Query): Promise<string[]> {
  const nodes = await query(primaries, [])
  const found: Asked[] = []
  // One after the other: a silent node ends only the statement that asks it.
  for (const { name, port } of nodes) found.push(await ask(query, `${name}`, Number(port)))
  return [...found.flatMap(faultsOfNode), ...differences(found), ...(await tableFaults(query))]
}

const primaries = `
  select nodename as name, nodeport as port from pg_dist_node
  where noderole = 'primary' order by nodeid`

const settingsOfNode = `
  select json_object_agg(name, setting)::text from (
    select name, setting from pg_settings
    where name in ('server_version_num', 'wal_level', 'max_prepared_transactions', 'max_connections', 'jit', 'output_plugin_libraries')
    union all select 'citus', extversion from pg_extension where extname = 'citus'
    union all select 'now', extract(epoch from clock_timestamp())::text
  ) as found`

const askNode = `
  select success, result, extract(epoch from clock_timestamp())::float8 as now
  from master_run_on_worker(array[$1::text], array[$2::int], array[$3::text], false)`

type Asked = {
  readonly node: string
  /** The clock of the node that was told to ask. */
  readonly now?: number
} & ({ readonly settings: Readonly<Record<string, string>> } | { readonly silence: string })

async function ask(query: Query, name: string, port: number): Promise<Asked> {
  const node = `${name}:${port}`
  try {
    const [row] = await query(askNode, [name, port, settingsOfNode])
    if (row?.success !== true) return { node, silence: `${row?.result}` }
    return { node, now: Number(row.now), settings: JSON.parse(`${row.result}`) }
  } catch (error) {
    return { node, silence: error instanceof Error ? error.message : `${error}` }
  }
}

/** Requests of a server of each node, and the connections between nodes. */
const fewConnections = 100
/** That of PostgreSQL for moving shards, that of Citus for splitting tables into shards. */
const decoders = ['pgoutput', 'citus']
/** A key is valid by the clock of the node that is asked. */
const clocksApartS = 60

function faultsOfNode(asked: Asked): string[] {
  const { node, now } = asked
  if ('silence' in asked) {
    const reason = asked.silence.trim().replaceAll(/\s*\n\s*/g, ' ')
    return [`${node} does not answer (${reason}); its owners are not served, so start it again.`]
  }
  const found = asked.settings
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
      !decoders.every((name) => found.output_plugin_libraries?.includes(name)) &&
      `does not let Citus decode its log; set output_plugin_libraries = '${decoders.join(', ')}'`,
    Math.abs(Number(found.now) - Number(now)) > clocksApartS &&
      'has a clock more than a minute from that of this node; synchronise both, with NTP for example',
  ]
  return faults.filter((fault) => fault !== false).map((fault) => `${node} ${fault}.`)
}

/** All nodes need the same versions. */
function differences(nodes: readonly Asked[]): string[] {
  const found = nodes.flatMap((asked) => ('settings' in asked ? [asked.settings] : []))
  const versions = new Set(
    found.map(
      (each) =>
        `${Math.trunc(Number(each.server_version_num) / 10_000)} with Citus ${each.citus ?? 'missing'}`,
    ),
  )
  if (versions.size < 2) return []
  return [
    `The nodes have different versions: PostgreSQL ${[...versions].join(', ')}; install the same everywhere.`,
  ]
}

const byOwner = [tables.todo, tables.idempotency_record]

const distributed = `
  select name, colocationid as group, column_to_column_name(logicalrelid, partkey) as column
  from unnest($1::text[]) as name join pg_dist_partition on logicalrelid = to_regclass(name)
  where partmethod = 'h'`

/** A key and its effect are in one transaction of one node only where both tables are distributed alike. */
async function tableFaults(query: Query): Promise<string[]> {
  const found = await query(distributed, [byOwner])
  const others = found.filter(({ column }) => column !== 'owner_id')
  if (others.length > 0) {
    return others.map(
      ({ name, column }) =>
        `${name} is distributed by ${column} and not by owner_id; stop the servers, run "select undistribute_table('${name}')", and then "idem distribute".`,
    )
  }
  if (new Set(found.map(({ group }) => group)).size < 2) return []
  return [
    `The rows of an owner are on several nodes; stop the servers, and run "select alter_distributed_table('${tables.idempotency_record}', colocate_with => '${tables.todo}')".`,
  ]
}
