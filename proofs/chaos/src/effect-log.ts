import pg from 'pg'

/** One change of a todo that was committed. */
export type Effect = {
  /** In which order. */
  readonly seq: number
  readonly kind: 'made' | 'changed' | 'deleted' | 'restored' | 'removed'
  readonly id: string
  /** The key that made it. */
  readonly key: string | null
  readonly title: string
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
}

/**
 * Lets the database write down every row that is ever made or changed, in a
 * table that only grows: a row counted by looking at `todo` could have been
 * made twice and deleted once.
 */
export async function watchEffects(url: string): Promise<EffectLog> {
  await ask(url, install)
  return {
    effects: () => ask(url, 'select seq::int, kind, id, key, title from effect_log order by seq'),
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
  }
}

/** A connection for each question: between two of them the database may have been killed. */
async function ask<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

const install = `
  create table effect_log (
    seq bigint generated always as identity,
    kind text not null, id uuid not null, key text, title text not null
  );
  create function log_effect() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      insert into effect_log (kind, id, key, title)
        values ('removed', old.id, old.created_key, old.title);
      return old;
    end if;
    insert into effect_log (kind, id, key, title) values (
      case when tg_op = 'INSERT' then 'made'
        when old.deleted_at is null and new.deleted_at is not null then 'deleted'
        when old.deleted_at is not null and new.deleted_at is null then 'restored'
        else 'changed' end,
      new.id, new.created_key, new.title);
    return new;
  end $$;
  create trigger log_effect after insert or update or delete on todo
    for each row execute function log_effect()`
