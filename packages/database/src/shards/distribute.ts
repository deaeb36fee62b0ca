import { tableVersion } from '@idem/idempotency/migrate'
import { tables, tablesLeftOut } from '../backup/backup-format.ts'
import type { Query } from '../is-distributed.ts'

export type DistributionStep = { readonly does: string; readonly run: () => Promise<void> }

/** Its rows are joined with those of owners, or read by each node. Written rarely, on all nodes at once. */
const onEachNode = [tables.installation, tables.deleted_owner, 'public._prisma_migrations']
const byOwner: readonly string[] = [tables.todo, tables.idempotency_record]

/**
 * The steps that are left until the tables are distributed by owner with Citus, in their order. Requests go on:
 * rows are copied while they are written. A step that was interrupted is among them again.
 */
export async function distributionSteps(query: Query): Promise<readonly DistributionStep[]> {
  const rows = await query(
    'select logicalrelid::oid::int as table, partmethod, repmodel from pg_dist_partition',
    [],
  )
  const oids = await query(
    'select name, name::regclass::oid::int as table from unnest($1::text[]) as name',
    [[...byOwner, ...onEachNode, ...onCoordinator]],
  )
  const [shards] = await query(shardCount, [])
  const kindOf = (name: string) => {
    const oid = oids.find((each) => each.name === name)?.table
    const found = rows.find(({ table }) => table === oid)
    if (found === undefined) return undefined
    if (found.partmethod === 'h') return 'byOwner'
    return found.repmodel === 't' ? 'onEachNode' : 'onCoordinator'
  }
  const step = (does: string, sql: string, values: readonly unknown[]): DistributionStep => ({
    does,
    run: async () => {
      await query(sql, values)
    },
  })
  return [
    ...onEachNode
      .filter((name) => kindOf(name) !== 'onEachNode')
      .map((name) =>
        step(`copy ${name} to each node`, 'select create_reference_table($1)::text', [name]),
      ),
    ...onCoordinator
      .filter((name) => kindOf(name) === undefined)
      .map((name) =>
        step(
          `keep ${name} on the coordinator, for all nodes`,
          'select citus_add_local_table_to_metadata($1, cascade_via_foreign_keys => true)::text',
          [name],
        ),
      ),
    ...byOwner
      .filter((name) => kindOf(name) !== 'byOwner')
      .map((name) =>
        step(
          `distribute ${name} by owner`,
          `select create_distributed_table_concurrently($1, 'owner_id', colocate_with => $2, shard_count => $3)::text`,
          name === tables.todo ? [name, 'none', shards?.count] : [name, tables.todo, null],
        ),
      ),
    ...(await versionSteps(query)),
  ]
}

/**
 * Four for each node, as many as a server has batches in progress there: the attempts that arrive are spread over the
 * batches of all shards. A count that is set for the database counts more.
 */
const shardCount = `
  select case source when 'default' then greatest(8, 4 * (
      select count(*) from pg_dist_node where isactive and shouldhaveshards and noderole = 'primary'
    ))::int else setting::int end as count
  from pg_settings where name = 'citus.shard_count'`

const onCoordinator = [...Object.values(tables), ...tablesLeftOut].filter(
  (name) => !byOwner.includes(name) && !onEachNode.includes(name),
)

/** The version of the tables is a comment, which Citus keeps on one node. */
async function versionSteps(query: Query): Promise<DistributionStep[]> {
  const comment = `idem tables ${await tableVersion(query)}`
  const others = await query(
    `select 1 from run_command_on_workers($$ select coalesce(obj_description(to_regclass('idem.installation'), 'pg_class'), '') $$)
     where not success or result <> $1`,
    [comment],
  )
  if (others.length === 0) return []
  return [
    {
      does: 'tell each node the version of the tables',
      async run() {
        const failed = await query(
          'select result from run_command_on_workers($1) where not success',
          [`comment on table idem.installation is '${comment}'`],
        )
        if (failed.length > 0) throw new Error(`A node did not take it: ${failed[0]?.result}`)
      },
    },
  ]
}
