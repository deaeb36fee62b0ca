-- Purging starts at the oldest tombstone and ends at the first one that is still kept.
create index concurrently todo_tombstone_idx on todo (deleted_at, owner_id, id) where deleted_at is not null;
