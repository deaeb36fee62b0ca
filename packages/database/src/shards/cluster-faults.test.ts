import { expect, test } from 'vitest'
import type { Query } from '../is-distributed.ts'
import { clusterFaults } from './cluster-faults.ts'

type Settings = Readonly<Record<string, string>>

const sound: Settings = {
  server_version_num: '170012',
  wal_level: 'logical',
  max_prepared_transactions: '300',
  max_connections: '300',
  jit: 'off',
  output_plugin_libraries: 'pgoutput, citus',
  citus: '13.2-1',
  now: '1000',
}

const alike = { column: 'owner_id', group: 1 }

/** Answers as Citus does: two nodes, the second of them with these settings, or silent. */
function cluster(second: Settings | Error = {}, records: object = alike): Query {
  return async (text, [, port]) => {
    if (text.includes('from pg_dist_node')) {
      return [
        { name: 'one', port: 5432 },
        { name: 'two', port: 5433 },
      ]
    }
    if (text.includes('join pg_dist_partition')) {
      return [
        { name: 'public.todo', ...alike },
        { name: 'idem.idempotency_record', ...records },
      ]
    }
    if (port === 5433 && second instanceof Error) throw second
    const settings = port === 5433 ? { ...sound, ...second } : sound
    return [{ success: true, result: JSON.stringify(settings), now: 1000 }]
  }
}

test('a sound cluster has no fault', async () => {
  expect(await clusterFaults(cluster())).toEqual([])
})

test.for([
  [{ wal_level: 'replica' }, /^two:5433 has wal_level = replica; set logical/],
  [{ max_prepared_transactions: '0' }, /^two:5433 has max_prepared_transactions = 0; set it/],
  [{ max_connections: '50' }, /^two:5433 has max_connections = 50; set 100 or more/],
  [{ jit: 'on' }, /^two:5433 has jit = on; set off/],
  [
    { output_plugin_libraries: 'pgoutput' },
    /^two:5433 does not let Citus decode.*'pgoutput, citus'/,
  ],
  [{ now: '1061' }, /^two:5433 has a clock more than a minute.*; synchronise/],
  [{ citus: '13.1-1' }, /different versions: .*17 with Citus 13\.2-1, 17 with Citus 13\.1-1; inst/],
] as const)('a node with %o is named with its remedy', async ([settings, sentence]) => {
  expect(await clusterFaults(cluster(settings))).toEqual([expect.stringMatching(sentence)])
})

test('a node that does not answer is named', async () => {
  expect(await clusterFaults(cluster(new Error('could not\n  connect')))).toEqual([
    expect.stringMatching(/^two:5433 does not answer \(could not connect\); .*start it/),
  ])
})

test.for([
  [{ column: 'key' }, /^idem\.idempotency_record is distributed by key .*undistribute_table/],
  [{ group: 2 }, /^The rows of an owner are on several nodes; .*alter_distributed_table/],
] as const)('keys distributed by %o are named with the remedy', async ([records, sentence]) => {
  expect(await clusterFaults(cluster({}, { ...alike, ...records }))).toEqual([
    expect.stringMatching(sentence),
  ])
})
