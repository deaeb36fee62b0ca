/**
 * Step n brings the tables from version n - 1 to version n, one statement after the other: a driver
 * such as Prisma sends one at a time. `idem` stands for the schema. A released step never changes.
 *
 * They are text of a module and not files, so that a bundler takes them along.
 */
export const tableSteps: readonly (readonly string[])[] = [
  [
    `-- The primary key is the lock: a second attempt with the same key waits on it.
create table idem.idempotency_record (
  owner_id    text           not null,
  key         text collate "C" not null check (octet_length(key) between 1 and 255),
  operation   text,
  fingerprint bytea          check (octet_length(fingerprint) = 32),
  answer      text,
  refusal     text,
  -- The HTTP status of the first response, so that another release can replay a code that it does
  -- not know. Null: it follows from the code.
  status      smallint,
  cancelled   boolean        not null default false,
  created_at  timestamptz(3) not null,
  constraint idempotency_record_pkey primary key (owner_id, key),
  constraint idempotency_record_one_outcome check (num_nonnulls(answer, refusal) + cancelled::int <= 1),
  constraint idempotency_record_compared check (cancelled or (operation is not null and fingerprint is not null))
)`,
    'create index idempotency_record_cleaning_idx on idem.idempotency_record (created_at, owner_id, key)',
    `-- Cleaning removes the oldest rows, and its next run passes over their entries in the index until
-- vacuum has removed them. By default vacuum comes when a fifth of the rows is gone, which is two
-- million of ten. That many cost the first batch of each run seconds, and it has three.
alter table idem.idempotency_record set (autovacuum_vacuum_scale_factor = 0.02)`,
    `create table idem.installation (
  id               integer        not null default 1 check (id = 1),
  ledger_epoch     uuid           not null default gen_random_uuid(),
  forgotten_before timestamptz(3) not null default '1970-01-01 00:00:00+00',
  -- Kept by a restore.
  installation_id  uuid           not null default gen_random_uuid(),
  -- What a release must know to use this data. One that does not know an entry refuses to start.
  requires         text[]         not null default '{}',
  constraint installation_pkey primary key (id)
)`,
    'insert into idem.installation default values',
  ],
]

/** The statements that bring the tables of that schema from a version, 0 for none, to the last step. */
export function statementsFrom(from: number, schema: string, steps = tableSteps): string[] {
  const name = quoted(schema)
  return [
    ...(from === 0 ? [`create schema if not exists ${name}`] : []),
    ...steps
      .slice(from)
      .flat()
      .map((statement) => statement.replaceAll(/\bidem\./g, () => `${name}.`)),
    // Stored with the tables, so it survives a dump and does not depend on the tool that ran the SQL.
    `comment on table ${name}.installation is 'idem tables ${steps.length}'`,
  ]
}

/** The statements as one text, for a migration of another tool. */
export function sqlFrom(from: number, schema = 'idem'): string {
  return statementsFrom(from, schema)
    .map((statement) => `${statement};\n`)
    .join('\n')
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
