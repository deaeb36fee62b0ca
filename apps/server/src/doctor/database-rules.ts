import { tables, tablesLeftOut } from '@idem/database/backup/backup-format'
import { poolSizesOn } from '@idem/operations/limits'
import { connectionsOfInstance } from '../database/connections.ts'
import type { Environment } from '../environment.ts'
import { type Judgement, ok, problem, warning } from './finding.ts'

export type DatabaseRule = {
  readonly about: string
  /** One row. */
  readonly sql: string
  readonly judge: (row: Readonly<Record<string, unknown>>, instance: Instance) => Judgement
}

type Instance = {
  readonly environment: Environment
  /** Those with rows of owners; none if the tables are not distributed. */
  readonly nodes: readonly string[]
}

const ourTables = [...Object.values(tables), ...tablesLeftOut]

/** What one statement finds out. */
export const databaseRules: readonly DatabaseRule[] = [
  {
    about: 'rights',
    // Tables that do not exist yet are those of a missing migration.
    sql: `
      select string_agg(distinct lacks, ', ' order by lacks) as lacks
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace,
        lateral (
          select 'usage on schema ' || nspname as lacks where not has_schema_privilege(pg_namespace.oid, 'usage')
          union all
          select privilege || ' on ' || nspname || '.' || relname
          from unnest(array['select', 'insert', 'update', 'delete']) as privilege
          where not has_table_privilege(pg_class.oid, privilege)
        ) as missing
      where nspname || '.' || relname in (${ourTables.map((name) => `'${name}'`).join(', ')})`,
    judge: ({ lacks }) =>
      lacks === null
        ? ok('all that serving needs')
        : problem(
            `this role lacks ${lacks}; grant it as "External PostgreSQL" in docs/operating.md does`,
          ),
  },
  {
    about: 'connections',
    sql: `
      select least(
          current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0)
            - (select count(*) from pg_stat_activity
               where backend_type = 'client backend' and coalesce(application_name, '') not like 'idem%'),
          (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
          (select nullif(datconnlimit, -1) from pg_database where datname = current_database())
        )::int as available`,
    judge({ available }, { environment, nodes }) {
      const sizes = nodes.length === 0 ? undefined : poolSizesOn({ nodes: () => nodes })
      const needed = connectionsOfInstance(environment, sizes)
      const says = `an instance takes up to ${needed}, and ${available} are available`
      if (Number(available) < needed) {
        return problem(
          `${says}; raise max_connections, or the limit of the role or database, or end other sessions`,
        )
      }
      if (Number(available) < 2 * needed) {
        return warning(`${says}, too few for a second instance during an upgrade`)
      }
      return ok(says)
    },
  },
  {
    about: 'durability',
    sql: `
      select string_agg(name || ' = ' || setting, ', ' order by name) as weak from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'`,
    judge: ({ weak }) =>
      weak === null
        ? ok('commits reach the disk before they are acknowledged')
        : problem(`${weak} loses acknowledged writes in a crash; turn it on`),
  },
  {
    about: 'time-outs',
    // Those that Idem does not set itself.
    sql: `
      select string_agg(name || ' = ' || setting || ' ms', ', ' order by name) as short from pg_settings
      where name in ('idle_session_timeout', 'transaction_timeout') and setting::int > 0`,
    judge: ({ short }) =>
      short === null
        ? ok('none that ends sessions')
        : warning(
            `${short} ends sessions in use; set it to 0 for this role: "alter role … set … = 0"`,
          ),
  },
  {
    about: 'collation',
    sql: `
      select datcollversion as recorded, pg_database_collation_actual_version(oid) as actual
      from pg_database where datname = current_database()`,
    judge: ({ recorded, actual }) =>
      recorded === null || recorded === actual
        ? ok('as the indexes were built')
        : problem(
            `the indexes were built with version ${recorded}, and this system has ${actual}, so a search may miss rows; run "reindex database" and then "alter database … refresh collation version"`,
          ),
  },
  {
    about: 'jit',
    sql: `
      select current_setting('jit') = 'on' as is_on, current_setting('jit_above_cost')::float8 as cost`,
    judge: ({ is_on: isOn, cost }) =>
      isOn === true && Number(cost) >= 0 && Number(cost) < defaultJitCost
        ? warning(
            `jit is on from a cost of ${cost}, so it may compile every batch; set jit = off for this role, or jit_above_cost = ${defaultJitCost}`,
          )
        : ok(isOn === true ? 'only for expensive statements' : 'off'),
  },
]

const defaultJitCost = 100_000
