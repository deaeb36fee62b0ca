-- The primary key is the lock: a second attempt with the same key waits on it.
create table idem.idempotency_record (
  owner_id    text           not null,
  key         text collate "C" not null check (octet_length(key) between 1 and 255),
  operation   text,
  fingerprint bytea          check (octet_length(fingerprint) = 32),
  answer      text,
  refusal     text,
  cancelled   boolean        not null default false,
  created_at  timestamptz(3) not null,
  constraint idempotency_record_pkey primary key (owner_id, key),
  constraint idempotency_record_one_outcome check (num_nonnulls(answer, refusal) + cancelled::int <= 1),
  constraint idempotency_record_compared check (cancelled or (operation is not null and fingerprint is not null))
);

create index idempotency_record_cleaning_idx on idem.idempotency_record (created_at, owner_id, key);

create table idem.installation (
  id               integer        not null default 1 check (id = 1),
  ledger_epoch     uuid           not null default gen_random_uuid(),
  forgotten_before timestamptz(3) not null default '1970-01-01 00:00:00+00',
  constraint installation_pkey primary key (id)
);

insert into idem.installation default values;
