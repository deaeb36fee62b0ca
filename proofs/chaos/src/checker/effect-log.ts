import pg from 'pg'

/** A committed change of a todo. */
export type Effect = {
  /** Its position in the order of effects. */
  readonly seq: number
  readonly kind: 'made' | 'changed' | 'deleted' | 'restored' | 'removed'
  readonly owner: string
  readonly id: string
  /** The key that created the todo. */
  readonly key: string | null
  /** The key whose record was committed with this change; null without a key. */
  readonly by: string | null
  /** The state after the change. */
  readonly title: string
  readonly version: number
}

/** A row of the table of todos. */
export type StoredTodo = {
  readonly owner: string
  readonly id: string
  readonly title: string
  readonly completed: boolean
  readonly deleted: boolean
}

/** A session that is idle in a transaction. */
export type IdleSession = {
  readonly pid: number
  readonly application: string
  readonly idleMs: number
}

/** A committed key. */
export type KeyRecord = {
  readonly owner: string
  readonly key: string
  readonly operation: string | null
  readonly answer: string | null
  readonly refusal: string | null
  readonly cancelled: boolean
}

export type EffectLog = {
  readonly effects: () => Promise<Effect[]>
  readonly records: () => Promise<KeyRecord[]>
  readonly todos: () => Promise<StoredTodo[]>
  /** Empties the tables, for a next run on the same server. */
  readonly startOver: () => Promise<void>
  /** Terminates every session of this database and returns their number. */
  readonly cutSessions: () => Promise<number>
  /** Sessions that have been idle in a transaction for more than five seconds. */
  readonly stuckSessions: () => Promise<number>
  /** The backend processes of the servers' sessions. */
  readonly backends: () => Promise<number[]>
  /** Sessions of servers that are idle in a transaction now. */
  readonly idleInTransaction: () => Promise<IdleSession[]>
}

/**
 * Records every created or changed row in an append-only table: a row of `todo` could have been
 * created twice and deleted once.
 */
export async function watchEffects(url: string): Promise<EffectLog> {
  await ask(url, install)
  return {
    effects: () => ask(url, effects),
    records: () =>
      ask(
        url,
        `select owner_id as owner, key, operation, answer, refusal, cancelled
         from idem.idempotency_record`,
      ),
    todos: () =>
      ask(
        url,
        'select owner_id as owner, id, title, completed, deleted_at is not null as deleted from todo',
      ),
    async startOver() {
      await ask(url, 'truncate todo, idem.idempotency_record, effect_log, claim_log')
    },
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

/** A connection for each query, because the database may be killed between two of them. */
async function ask<Row extends object>(url: string, statement: string): Promise<Row[]> {
  // A role of the name of a schema would find, and create, its tables there.
  const client = new pg.Client({ connectionString: url, options: '-c search_path=public' })
  // The query rejects as well; without a listener the process would end.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

/**
 * A batch makes or changes many todos in one transaction. The key of a new todo tells whose it is, and the
 * answer of a change names its todo. An attempt that runs alone stores its answer after its claim.
 */
const effects = `
  select seq::int, kind, owner, id, key, by, title, version
  from effect_log left join lateral (
    select claim_log.key as by from claim_log
    where claim_log.xid = effect_log.xid and claim_log.owner = effect_log.owner
      and case when effect_log.kind = 'made' then claim_log.key = effect_log.key
        else claim_log.answer is null or lower(claim_log.answer::json->>'id') = effect_log.id::text end
    limit 1
  ) as claim on true
  order by seq`

const install = `
  create table effect_log (
    seq bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    kind text not null, owner text not null, id uuid not null, key text, title text not null, version integer not null
  );
  create table claim_log (
    xid xid8 not null default pg_current_xact_id(), owner text not null, key text not null, answer text
  );
  create index on claim_log (xid);
  create function log_claim() returns trigger language plpgsql as $$
  begin
    insert into claim_log (owner, key, answer) values (new.owner_id, new.key, new.answer);
    return new;
  end $$;
  create trigger log_claim after insert on idem.idempotency_record
    for each row execute function log_claim();
  create function log_effect() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      insert into effect_log (kind, owner, id, key, title, version)
        values ('removed', old.owner_id, old.id, old.created_key, old.title, old.version);
      return old;
    end if;
    insert into effect_log (kind, owner, id, key, title, version) values (
      case when tg_op = 'INSERT' then 'made'
        when old.deleted_at is null and new.deleted_at is not null then 'deleted'
        when old.deleted_at is not null and new.deleted_at is null then 'restored'
        else 'changed' end,
      new.owner_id, new.id, new.created_key, new.title, new.version);
    return new;
  end $$;
  create trigger log_effect after insert or update or delete on todo
    for each row execute function log_effect()`
