import pg from 'pg'

export type MovableClock = AsyncDisposable & {
  /** Sets the offset of the database clock from this computer; negative is behind. */
  readonly setAhead: (ms: number) => Promise<void>
  /** Stops the clock at a time in milliseconds since 1970. */
  readonly stopAt: (ms: number) => Promise<void>
  /** The database time while the clock runs, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * A database with a clock that a test can set, so that no test waits for a day or changes records. The
 * product uses only `clock_timestamp()` and gets a function that shadows PostgreSQL's own. Sessions
 * that were open before keep the real time.
 */
export async function movableClock(url: string): Promise<MovableClock> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(install)
  let aheadMs = 0

  return {
    async setAhead(ms) {
      aheadMs = ms
      await client.query(
        'update public.clock_setting set ahead = make_interval(secs => $1 / 1000.0)',
        [ms],
      )
    },
    async stopAt(ms) {
      await client.query('update public.clock_setting set stopped = to_timestamp($1 / 1000.0)', [
        ms,
      ])
    },
    now: () => Date.now() + aheadMs,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

const install = `
  create table public.clock_setting (ahead interval not null, stopped timestamptz);
  grant select on public.clock_setting to public;
  insert into public.clock_setting values ('0', null);
  create function public.clock_timestamp() returns timestamptz volatile language sql as
    'select coalesce(stopped, pg_catalog.clock_timestamp() + ahead) from public.clock_setting';
  do $$ begin
    execute format('alter database %I set search_path = public, pg_catalog', current_database());
  end $$`
