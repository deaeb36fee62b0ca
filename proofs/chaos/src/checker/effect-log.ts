import pg from 'pg'

/** One change of a todo that was committed. */
export type Effect = {
  /** In which order. */
  readonly seq: number
  readonly kind: 'made' | 'changed' | 'deleted' | 'restored' | 'removed'
  readonly id: string
  /** The key that made it. */
  readonly key: string | null
  /** The key whose record was committed together with this change; none when it was asked for without one. */
  readonly by: string | null
  /** As it is after the change. */
  readonly title: string
  readonly version: number
}

/** A session that sits in an open transaction and does nothing. */
export type IdleSession = {
  readonly pid: number
  readonly application: string
  readonly idleMs: number
}

/** A committed key. */
export type KeyRecord = {
  readonly key: string
  readonly operation: string | null
  readonly answer: string | null
  readonly refusal: string | null
  readonly cancelled: boolean
}

export type EffectLog = {
  readonly effects: () => Promise<Effect[]>
  readonly records: () => Promise<KeyRecord[]>
  /** Ends every session of this database, whatever it is doing; says how many there were. */
  readonly cutSessions: () => Promise<number>
  /** Sessions that have sat in an open transaction for over five seconds. */
  readonly stuckSessions: () => Promise<number>
  /** The processes of PostgreSQL that serve the servers. */
  readonly backends: () => Promise<number[]>
  /** Sessions of servers that sit in an open transaction right now. */
  readonly idleInTransaction: () => Promise<IdleSession[]>
}

/**
 * Lets the database write down every row that is ever made or changed, in a
 * table that only grows: a row counted by looking at `todo` could have been
 * made twice and deleted once.
 */
export async function watchEffects(url: string): Promise<EffectLog> {
  await ask(url, install)
  return {
    effects: () => ask(url, effects),
    records: () =>
      ask(url, 'select key, operation, answer, refusal, cancelled from idempotency_record'),
    async cutSessions() {
      const rows = await ask(
        url,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      )
      return rows.length
    },
    async stuckSessions() {
      const rows = await ask(
        url,
        `select pid from pg_stat_activity where datname = current_database()
         and state like 'idle in transaction%' and state_change < now() - interval '5 s'`,
      )
      return rows.length
    },
    async backends() {
      const rows = await ask<{ pid: number }>(
        url,
        `select pid from pg_stat_activity where datname = current_database()
         and pid <> pg_backend_pid() and application_name like 'idem%'`,
      )
      return rows.map(({ pid }) => pid)
    },
    idleInTransaction: () =>
      ask(
        url,
        `select pid, application_name as application,
           (extract(epoch from clock_timestamp() - state_change) * 1000)::int as "idleMs"
         from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()
           and application_name like 'idem%' and state like 'idle in transaction%'`,
      ),
  }
}

/** A connection for each question: between two of them the database may have been killed. */
async function ask<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  // Whoever asked is reported by what it waits for; without a listener the process would end.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

/** A group makes many todos in one transaction, so those are reported apart by the key they bear as well. */
const effects = `
  select seq::int, kind, id, key, by, title, version
  from effect_log left join lateral (
    select claim_log.key as by from claim_log
    where claim_log.xid = effect_log.xid
      and (effect_log.kind <> 'made' or claim_log.key = effect_log.key)
    limit 1
  ) as claim on true
  order by seq`

const install = `
  create table effect_log (
    seq bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    kind text not null, id uuid not null, key text, title text not null, version integer not null
  );
  create table claim_log (xid xid8 not null default pg_current_xact_id(), key text not null);
  create index on claim_log (xid);
  create function log_claim() returns trigger language plpgsql as $$
  begin
    insert into claim_log (key) values (new.key);
    return new;
  end $$;
  create trigger log_claim after insert on idempotency_record
    for each row execute function log_claim();
  create function log_effect() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      insert into effect_log (kind, id, key, title, version)
        values ('removed', old.id, old.created_key, old.title, old.version);
      return old;
    end if;
    insert into effect_log (kind, id, key, title, version) values (
      case when tg_op = 'INSERT' then 'made'
        when old.deleted_at is null and new.deleted_at is not null then 'deleted'
        when old.deleted_at is not null and new.deleted_at is null then 'restored'
        else 'changed' end,
      new.id, new.created_key, new.title, new.version);
    return new;
  end $$;
  create trigger log_effect after insert or update or delete on todo
    for each row execute function log_effect()`
