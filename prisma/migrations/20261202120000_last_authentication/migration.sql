-- When the person of a session last gave the password. Unknown for the sessions that exist, so it is asked for again.
alter table auth_session add column authenticated_at timestamptz(3) not null default 'epoch';
alter table auth_session alter column authenticated_at set default statement_timestamp();
