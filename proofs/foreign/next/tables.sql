create table sessions (token text primary key, user_id text not null);
insert into sessions values ('session-of-ann', 'ann'), ('session-of-bob', 'bob');

create table posts (id serial primary key, author text not null, title text not null);
create table notes (id serial primary key, author text not null, text text not null);

-- An error after the insert: at the commit.
create function refuse_poison() returns trigger language plpgsql as $$
begin
  raise exception 'poison';
end $$;
create constraint trigger refuse_poison after insert on posts deferrable initially deferred
  for each row when (new.title = 'poison') execute function refuse_poison();
