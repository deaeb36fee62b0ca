import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { tableSteps } from '@idem/idempotency/migrate'
import { expect, test } from 'vitest'
import { knownMigrations } from './migrate.ts'
import { findingsIn, type Rule, rules } from './test-migration-rules.ts'

type Exception = { readonly migration: string; readonly rule: Rule; readonly reason: string }

/** Migrations that break a rule and harm nobody, each with the reason. */
const exceptions: readonly Exception[] = []

const folder = new URL('../../../../prisma/migrations/', import.meta.url)

/** What each migration breaks, without the exceptions. */
async function broken(known: readonly Exception[]): Promise<string[]> {
  const names = await knownMigrations()
  const findings = await Promise.all(
    names.map(async (name) => {
      const file = fileURLToPath(new URL(`${name}/migration.sql`, folder))
      return (await findingsIn(await readFile(file, 'utf8'))).map((found) => ({ name, ...found }))
    }),
  )
  return findings
    .flat()
    .filter(({ name, rule }) => !known.some((one) => one.migration === name && one.rule === rule))
    .map(({ name, rule, statement }) => `${name}: ${statement}\n${rule}: ${rules[rule]}`)
}

test('no migration blocks requests or breaks the previous release', async () => {
  expect(await broken(exceptions)).toEqual([])
})

test('no step of the tables of the records blocks attempts or breaks the previous release', async () => {
  for (const step of tableSteps) expect(await findingsIn(step.join(';\n'))).toEqual([])
})

test('every exception names a migration that needs it', async () => {
  const all = await broken([])
  for (const { migration, rule } of exceptions) {
    expect(all).toContainEqual(expect.stringMatching(`^${migration}: [^]*\n${rule}: `))
  }
})

const unsafe: readonly (readonly [Rule, string])[] = [
  ['drop', 'drop table todo'],
  ['drop', 'alter table todo drop column title'],
  ['drop', 'alter table todo drop constraint todo_pkey'],
  ['drop', 'drop function if exists two()'],
  ['rename', 'alter table todo rename to task'],
  ['rename', 'alter table todo rename column title to name'],
  ['required', 'alter table todo add column colour text not null'],
  ['required', 'alter table todo alter column created_key set not null'],
  ['required', 'alter table todo alter column completed drop default'],
  ['column_type', 'alter table todo alter column version type bigint'],
  ['rewrite', 'alter table todo add column token uuid default gen_random_uuid()'],
  ['rewrite', 'alter table todo add column size int generated always as (length(title)) stored'],
  ['index_under_lock', 'create index todo_title_idx on todo (title)'],
  ['index_under_lock', 'drop index todo_title_idx'],
  ['index_under_lock', 'alter table todo add constraint one_title unique (title)'],
  ['index_under_lock', 'alter table todo add column code int unique'],
  ['not_alone', 'create index concurrently a_idx on todo (title); select 1'],
  ['not_alone', 'alter table todo add column a int; alter table todo validate constraint short'],
  ['not_valid', 'alter table todo add constraint short check (length(title) < 9)'],
  ['not_valid', 'alter table todo add column size int check (size > 0)'],
  [
    'not_valid',
    'create table tag (owner_id text, id uuid, foreign key (owner_id, id) references todo)',
  ],
  ['restriction', 'alter table todo add constraint short check (length(title) < 9) not valid'],
  ['restriction', 'create unique index concurrently one_title_idx on todo (title)'],
  ['rows', "update todo set title = 'x'"],
  ['rows', 'delete from idempotency_record'],
  ['rows', 'insert into todo select * from todo'],
  ['time_out', "set lock_timeout = '1h'"],
  ['unknown', 'lock table todo'],
  ['unknown', 'vacuum full todo'],
  ['unknown', 'truncate todo'],
  ['unknown', 'do $$ begin drop table todo; end $$'],
  ['unknown', 'create trigger t after insert on todo execute function two()'],
  ['unknown', 'alter table todo disable trigger all'],
]

test.for(unsafe)('the rule %s finds: %s', async ([rule, sql]) => {
  expect((await findingsIn(sql)).map((found) => found.rule)).toContain(rule)
})

test('every rule has an example', () => {
  expect(new Set(unsafe.map(([rule]) => rule))).toEqual(new Set(Object.keys(rules)))
})

test.for([
  'alter table todo add column colour text',
  "alter table todo add column colour text not null default 'red'",
  "alter table todo add column seen timestamptz not null default '1970-01-01'::timestamptz",
  "alter table todo alter column title set default ''",
  'alter table todo alter column title drop not null',
  'alter table todo set (autovacuum_vacuum_scale_factor = 0.02)',
  'alter table todo validate constraint short',
  'create index concurrently todo_title_idx on todo (title)',
  'drop index concurrently if exists todo_title_idx',
  'create table tag (name text); create unique index on tag (name); insert into tag default values',
])('a harmless migration passes: %s', async (sql) => {
  expect(await findingsIn(sql)).toEqual([])
})

test('a finding shows its statement', async () => {
  const sql = '-- Ü\nalter table todo add column a int;\ndrop table todo;\n'
  expect(await findingsIn(sql)).toEqual([{ rule: 'drop', statement: 'drop table todo' }])
})
