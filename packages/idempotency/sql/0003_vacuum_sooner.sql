-- Cleaning removes the oldest rows, and its next run passes over their entries in the index until
-- vacuum has removed them. By default vacuum comes when a fifth of the rows is gone, which is two
-- million of ten. That many cost the first batch of each run seconds, and it has three.
alter table idem.idempotency_record set (autovacuum_vacuum_scale_factor = 0.02);
