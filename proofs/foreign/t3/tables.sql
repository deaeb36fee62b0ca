-- The tables of the generated schema, as far as posts and sessions need them. `prisma db push` would
-- make them, with an engine that Prisma downloads.
create table "User" (
  id text primary key,
  name text,
  email text unique,
  "emailVerified" timestamp(3),
  image text
);

create table "Post" (
  id serial primary key,
  name text not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  "createdById" text not null references "User" (id)
);

create table "Session" (
  id text primary key,
  "sessionToken" text not null unique,
  "userId" text not null references "User" (id),
  expires timestamp(3) not null
);

insert into "User" (id, name) values ('ann', 'Ann');
insert into "Session" values ('one', 'session-of-ann', 'ann', now() + interval '1 day');
