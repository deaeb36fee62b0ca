-- The tables of sign-in. They stay empty while it is off. Secrets are stored only as hashes or encrypted.

create table auth_user (
  id             text           not null,
  -- The owner of the todos and keys of this account, never given to another one.
  owner          text           not null,
  name           text           not null,
  email          text           not null,
  email_verified boolean        not null default false,
  image          text,
  created_at     timestamptz(3) not null default now(),
  updated_at     timestamptz(3) not null default now(),
  constraint auth_user_pkey primary key (id)
);

create unique index auth_user_owner_key on auth_user (owner);
create unique index auth_user_email_key on auth_user (email);

create table auth_session (
  id         text           not null,
  user_id    text           not null,
  -- SHA-256 of the cookie, in hexadecimal.
  token      text           not null,
  expires_at timestamptz(3) not null,
  ip_address text,
  user_agent text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  -- When the person last gave the password.
  authenticated_at timestamptz(3) not null default statement_timestamp(),
  -- Whether the person proved more than the password.
  second_factor boolean    not null default false,
  constraint auth_session_pkey primary key (id),
  constraint auth_session_user_id_fkey foreign key (user_id) references auth_user (id) on delete cascade on update cascade
);

create unique index auth_session_token_key on auth_session (token);
create index auth_session_user_id_idx on auth_session (user_id);
-- The indexes on times are for cleaning.
create index auth_session_expires_at_id_idx on auth_session (expires_at, id);

create table auth_account (
  id                       text           not null,
  user_id                  text           not null,
  account_id               text           not null,
  provider_id              text           not null,
  password                 text,
  access_token             text,
  refresh_token            text,
  id_token                 text,
  access_token_expires_at  timestamptz(3),
  refresh_token_expires_at timestamptz(3),
  scope                    text,
  created_at               timestamptz(3) not null default now(),
  updated_at               timestamptz(3) not null default now(),
  constraint auth_account_pkey primary key (id),
  constraint auth_account_user_id_fkey foreign key (user_id) references auth_user (id) on delete cascade on update cascade
);

create index auth_account_user_id_idx on auth_account (user_id);

create table auth_verification (
  id         text           not null,
  identifier text           not null,
  value      text           not null,
  expires_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint auth_verification_pkey primary key (id)
);

create index auth_verification_expires_at_id_idx on auth_verification (expires_at, id);

create table api_key (
  -- The name of the key in lists, and no secret.
  id           text           not null,
  -- SHA-256 of the key, in hexadecimal.
  hash         text           not null,
  user_id      text           not null,
  name         text           not null,
  created_at   timestamptz(3) not null default now(),
  expires_at   timestamptz(3),
  last_used_at timestamptz(3),
  -- Set by a restore: the key may have been revoked since the backup, so it is refused until it is confirmed.
  disabled_at  timestamptz(3),
  constraint api_key_pkey primary key (id),
  constraint api_key_user_id_fkey foreign key (user_id) references auth_user (id) on delete cascade on update cascade
);

create unique index api_key_hash_key on api_key (hash);
create index api_key_user_id_idx on api_key (user_id);

-- An account with a second factor. Without this row the password alone signs in.
create table second_factor (
  user_id    text           not null,
  -- The secret of an app that shows codes, encrypted by IDEM_SECRET.
  totp       text,
  -- The time step of the last code that was used: a code is used once.
  totp_step  bigint         not null default 0,
  created_at timestamptz(3) not null default now(),
  constraint second_factor_pkey primary key (user_id),
  constraint second_factor_user_id_fkey foreign key (user_id) references auth_user (id) on delete cascade on update cascade
);

create table passkey (
  -- The id of the credential, which the authenticator made.
  id           text           not null,
  user_id      text           not null,
  name         text           not null,
  public_key   bytea          not null,
  -- Of its signatures. One that goes back is that of a copy.
  counter      bigint         not null,
  created_at   timestamptz(3) not null default now(),
  last_used_at timestamptz(3),
  constraint passkey_pkey primary key (id),
  constraint passkey_user_id_fkey foreign key (user_id) references second_factor (user_id) on delete cascade on update cascade
);

create index passkey_user_id_idx on passkey (user_id);

-- For a lost second factor. A code is deleted when it is used.
create table recovery_code (
  -- SHA-256 of the code, in hexadecimal.
  hash    text not null,
  user_id text not null,
  constraint recovery_code_pkey primary key (hash),
  constraint recovery_code_user_id_fkey foreign key (user_id) references second_factor (user_id) on delete cascade on update cascade
);

create index recovery_code_user_id_idx on recovery_code (user_id);

-- The links that make an account or set a new password. A link is deleted when it is used.
create table invite (
  -- SHA-256 of the token in the link, in hexadecimal.
  token      text           not null,
  -- Set when the link sets a new password of this account.
  user_id    text,
  is_first   boolean        not null default false,
  expires_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  -- The account that made it. Null where the operator did, or the account is gone.
  created_by text,
  constraint invite_pkey primary key (token),
  constraint invite_user_id_fkey foreign key (user_id) references auth_user (id) on delete cascade on update cascade
);

create index invite_user_id_idx on invite (user_id);
create index invite_expires_at_token_idx on invite (expires_at, token);

-- Attempts to sign in, by account and address, in a window of fifteen minutes.
create table sign_in_attempt (
  subject    text           not null,
  attempts   integer        not null,
  started_at timestamptz(3) not null,
  constraint sign_in_attempt_pkey primary key (subject)
);

create index sign_in_attempt_started_at_subject_idx on sign_in_attempt (started_at, subject);

-- The owners of deleted accounts, whose todos and keys are removed. Nothing here names a person.
create table deleted_owner (
  owner      text           not null,
  deleted_at timestamptz(3) not null default now(),
  -- When their todos and keys were last looked for.
  checked_at timestamptz(3),
  constraint deleted_owner_pkey primary key (owner)
);
