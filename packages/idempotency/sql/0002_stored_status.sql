-- The HTTP status of a stored refusal, so that another release can replay a code it does not know.
-- Null: the status follows from the code, or the record holds an answer. Nullable and without a
-- default, so no row is rewritten and the previous release goes on working.
alter table idem.idempotency_record add column status smallint;
