import { postgresProxy } from '@idem/test-support/postgres-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { v7 } from 'uuid'
import { type Effect, watchEffects } from '../checker/effect-log.ts'
import { asSuperuser } from './superuser.ts'

/** The response of either API. */
export type CallResult = {
  readonly status: number
  readonly retryAfter: string | null
  readonly replayed: boolean
  readonly text: string
  /** The todo; undefined for a refusal. */
  readonly todo:
    | { readonly id: string; readonly title: string; readonly version: number }
    | undefined
  readonly refusal: Readonly<Record<string, unknown>> | undefined
  readonly tookMs: number
}

export type Trouble = {
  readonly table: 'todo' | 'idem.idempotency_record'
  /** The fault in the statement, as PL/pgSQL. */
  readonly plpgsql: string
  /** The number of statements with the fault. */
  readonly times: number
  /** Default: in the statement. `commit`: at the commit, before anything is committed. */
  readonly at?: 'commit'
}

export type FaultyDatabaseServer = Awaited<ReturnType<typeof faultyDatabaseServer>>

/** The real server on a real PostgreSQL, with controllable faults between the two. */
export async function faultyDatabaseServer() {
  const database = await scratchDatabase()
  const log = await watchEffects(database.url)
  const proxy = await postgresProxy(database.url)
  const server = await startServer({
    database: { url: proxy.url },
    variables: { IDEM_LOG_LEVEL: 'error' },
  })
  const direct = new pg.Pool({ connectionString: asSuperuser(database.url), max: 4 })
  direct.on('error', () => undefined)

  async function call(path: string, init: RequestInit): Promise<CallResult> {
    const begun = performance.now()
    const response = await fetch(`${server.url}${path}`, init)
    const text = await response.text()
    const body = text === '' ? undefined : JSON.parse(text)
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      replayed: response.headers.get('idempotent-replayed') === 'true',
      text,
      todo: body?.result?.data ?? (response.ok ? body : undefined),
      refusal: body?.error?.data?.refusal ?? body?.refusal,
      tookMs: performance.now() - begun,
    }
  }

  const mutate = (path: string, input: unknown) =>
    call(`/api/trpc/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })

  return {
    proxy,
    direct,
    log,
    output: server.output,
    mutate,
    rest: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async newTodo(title = 'Buy milk') {
      const { todo } = await mutate('createTodo', { idempotencyKey: v7(), title })
      if (todo === undefined) throw new Error('Expected a created todo.')
      return todo
    },
    /** The effects on one todo, in order. */
    async effectsOf(id: string | undefined): Promise<Effect['kind'][]> {
      return (await log.effects()).filter((effect) => effect.id === id).map(({ kind }) => kind)
    },
    async madeUnder(title: string): Promise<number> {
      return (await log.effects()).filter((effect) => effect.title === title).length
    },
    /** With a trigger and a sequence, which keeps its count when the statement is rolled back. */
    async trouble(trouble: Trouble): Promise<AsyncDisposable> {
      await direct.query(troubleStatement(trouble))
      return {
        async [Symbol.asyncDispose]() {
          await direct.query(`drop trigger trouble on ${trouble.table}; drop sequence troubles`)
        },
      }
    },
    /** Rejects writes and new tables, like a full disk. */
    async noRoom(state: string): Promise<AsyncDisposable> {
      const rows = await this.trouble({ table: 'todo', plpgsql: raise(state), times: 1_000 })
      await direct.query(`
        create or replace function no_room() returns event_trigger language plpgsql as $$
        begin ${raise(state)}; end $$;
        create event trigger no_room on ddl_command_start when tag in ('CREATE TABLE AS')
          execute function no_room()`)
      return {
        async [Symbol.asyncDispose]() {
          await direct.query('drop event trigger no_room')
          await rows[Symbol.asyncDispose]()
        },
      }
    },
    async ready(): Promise<boolean> {
      return (await fetch(`${server.url}/readyz`)).ok
    },
    /** Resolves when this many sessions of the server match the condition on `pg_stat_activity`. */
    async sessions(condition: string, count = 1): Promise<number[]> {
      for (;;) {
        const { rows } = await direct.query(
          `select pid from pg_stat_activity where application_name like 'idem%'
           and datname = current_database() and pid <> pg_backend_pid() and ${condition}`,
        )
        if (rows.length >= count) return rows.map(({ pid }) => pid)
      }
    },
    /** The time until it writes and is ready, in ms. */
    async wellAgainMs(): Promise<number> {
      const begun = performance.now()
      for (;;) {
        const { status } = await mutate('createTodo', { idempotencyKey: v7(), title: 'Well again' })
        const ready = await fetch(`${server.url}/readyz`)
        const ms = performance.now() - begun
        if ((status === 200 && ready.ok) || ms > 15_000) return ms
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await direct.end()
      await proxy[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

function troubleStatement({ table, plpgsql, times, at }: Trouble): string {
  const trigger = `insert or update on ${table}`
  const when =
    at === 'commit'
      ? `constraint trigger trouble after ${trigger} deferrable initially deferred`
      : `trigger trouble before ${trigger}`
  return `
    create sequence troubles;
    grant usage on sequence troubles to public;
    create or replace function trouble() returns trigger language plpgsql as $$
    begin
      if nextval('troubles') <= ${times} then ${plpgsql}; end if;
      return new;
    end $$;
    create ${when}
      for each row execute function trouble()`
}

export function raise(state: string): string {
  return `raise exception 'the inside of the database' using errcode = '${state}'`
}
