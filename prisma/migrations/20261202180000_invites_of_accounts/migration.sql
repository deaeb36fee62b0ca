-- When an invite was made, and by which account; null where the operator made it, or the account is gone.
alter table invite add column created_at timestamptz(3) not null default now();
alter table invite add column created_by text;
