-- Reconciling reads the todos of one key side by side. "C": keys are compared byte for byte, as in idempotency_record.
create index concurrently todo_created_key_idx on todo (owner_id, created_key collate "C") where created_key is not null;
