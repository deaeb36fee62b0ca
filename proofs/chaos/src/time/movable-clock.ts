import pg from 'pg'

export type MovableClock = AsyncDisposable & {
  /** Sets how far the database is ahead of this computer; behind it when negative. */
  readonly setAhead: (ms: number) => Promise<void>
  /** Stops it at that time, in milliseconds since 1970. */
  readonly stopAt: (ms: number) => Promise<void>
  /** What time it is for the database while it is not stopped, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * A database whose clock a test can set: nobody has to wait for a day, and the
 * records stay as they were written. The product asks `clock_timestamp()` and
 * nothing else, and finds the one that is put in front of PostgreSQL's own.
 * Sessions that were open before go on with the true time.
 */
export async function movableClock(url: string): Promise<MovableClock> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(install)
  let aheadMs = 0

  return {
    async setAhead(ms) {
      aheadMs = ms
      await client.query('update clock_setting set ahead = make_interval(secs => $1 / 1000.0)', [
        ms,
      ])
    },
    async stopAt(ms) {
      await client.query('update clock_setting set stopped = to_timestamp($1 / 1000.0)', [ms])
    },
    now: () => Date.now() + aheadMs,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

const install = `
  create table clock_setting (ahead interval not null, stopped timestamptz);
  insert into clock_setting values ('0', null);
  create function public.clock_timestamp() returns timestamptz volatile language sql as
    'select coalesce(stopped, pg_catalog.clock_timestamp() + ahead) from public.clock_setting';
  do $$ begin
    execute format('alter database %I set search_path = public, pg_catalog', current_database());
  end $$`
