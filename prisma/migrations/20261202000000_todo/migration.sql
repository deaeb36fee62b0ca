-- The tables of the app. Those of the keys are in the schema idem, which packages/idempotency migrates.
-- Owner leads every key, so the table can be distributed by owner without a change.

create table todo (
  owner_id    text           not null,
  id          uuid           not null,
  title       text           not null,
  completed   boolean        not null default false,
  version     integer        not null default 1 check (version >= 1),
  created_key text,
  created_at  timestamptz(3) not null,
  updated_at  timestamptz(3) not null,
  deleted_at  timestamptz(3),
  constraint todo_pkey primary key (owner_id, id)
);

-- Purging starts at the oldest tombstone and ends at the first one that is still kept.
create index todo_tombstone_idx on todo (deleted_at, owner_id, id) where deleted_at is not null;

-- Reconciling reads the todos of one key side by side. "C": keys are compared byte for byte, as in the records.
create index todo_created_key_idx on todo (owner_id, created_key collate "C") where created_key is not null;

-- Purging removes the oldest rows, and its next run passes over their entries in the index until
-- vacuum has removed them. By default vacuum comes when a fifth of the rows is gone, which is two
-- million of ten. That many cost the first batch of each run seconds, and it has three.
alter table todo set (autovacuum_vacuum_scale_factor = 0.02);
