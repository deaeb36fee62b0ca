import { expect, test } from 'vitest'
import { type Fault, faultsIn } from './statement-faults.ts'

/** The text is refused or slow on a database that distributes rows by owner, and what is sent in its place is not. */
const pairs: readonly (readonly [fault: Fault, sql: string, instead: string])[] = [
  [
    'insert_select',
    'insert into todo (owner_id, id) select $1, $2 where $3::bool',
    'insert into todo (owner_id, id) values ($1, $2), ($3, $4)',
  ],
  [
    'modifying_cte',
    'with gone as (delete from todo where owner_id = $1 returning 1) select 1 from gone',
    'with step as (select id from todo where owner_id = $1) select id from step',
  ],
  [
    'volatile_change',
    'update idem.installation set forgotten_before = clock_timestamp()',
    'update idem.installation set forgotten_before = statement_timestamp()',
  ],
  [
    'volatile_change',
    'delete from todo where owner_id = $1 and deleted_at < (select clock_timestamp())',
    'delete from todo where owner_id = $1 and deleted_at < $2',
  ],
  ['set_config', `select set_config('lock_timeout', $1, true)`, `set local lock_timeout = '1s'`],
  [
    'empty_target_list',
    'select 1 where exists (select from todo where owner_id = $1)',
    'select 1 where exists (select 1 from todo where owner_id = $1)',
  ],
  [
    'empty_target_list',
    'select 1 union all select from todo where owner_id = $1',
    'select 1 union all select 1 from todo where owner_id = $1',
  ],
  [
    'without_owner',
    'select id from todo t join idem.idempotency_record r using (owner_id) where r.key = $1',
    'select id from todo t join idem.idempotency_record r using (owner_id) where t.owner_id = $1',
  ],
  [
    'without_owner',
    'update todo set title = e.title from e where todo.owner_id = e.owner_id',
    'update public.todo set title = $2 where $1::text = public.todo.owner_id',
  ],
  [
    'without_owner',
    'delete from todo where owner_id in (select owner from deleted_owner)',
    'delete from todo where owner_id = any(array[$1::text])',
  ],
  [
    'without_owner',
    'select 1 from (values (1)) as one left join todo on todo.owner_id = one.column1',
    'select 1 from (values (1)) as one left join todo on todo.owner_id = $1',
  ],
]

test.for(pairs)('%s is found in: %s', async ([fault, sql, instead]) => {
  expect(await faultsIn(sql)).toEqual([fault])
  expect(await faultsIn(instead)).toEqual([])
})

test('every statement of a message is read', async () => {
  const claim = 'insert into todo (owner_id) values ($1)'
  expect(await faultsIn(`begin;${claim};select from (values (1)) as one`)).toEqual([
    'empty_target_list',
  ])
})
