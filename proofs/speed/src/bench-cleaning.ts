import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createIdempotency } from '@idem/idempotency'
import { reconcile } from '@idem/operations/reconcile'
import { purgeTombstones } from '@idem/todos/purge-tombstones'
import pg from 'pg'
import { quantile } from './results/statistics.ts'
import { ask, openBenchDatabase } from './servers/bench-database.ts'

/** The duration of a cleaning batch and of a reconciling step, among few and among many rows. */
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    few: { type: 'string', default: '10000' },
    database: { type: 'string' },
  },
})

/** Rows per insert. */
const batch = 100_000

let ending: Promise<void> | undefined
const stack = new AsyncDisposableStack()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => end().finally(() => process.exit(1)))
}
try {
  const database = stack.use(await openBenchDatabase(flags.database))
  await measure(await database.create('few'), { rows: Number(flags.few), oldOneIn: 2 })
  await measure(await database.create('many'), { rows: Number(flags.rows), oldOneIn: 10 })
} finally {
  await end()
}

/** Disposes once; both the signal and the interrupted work wait for it. */
function end(): Promise<void> {
  ending ??= stack.disposeAsync()
  return ending
}

/** `oldOneIn`: one in this many rows is old enough to be removed. */
type Size = { readonly rows: number; readonly oldOneIn: number }

async function measure(url: string, { rows, oldOneIn }: Size): Promise<void> {
  const filled = performance.now()
  for (let at = 0; at < rows; at += batch) {
    await ask(url, fill({ from: at, count: Math.min(batch, rows - at), oldOneIn }))
  }
  await ask(url, 'vacuum analyze')
  await ask(url, 'checkpoint')
  print(`${rows} todos and as many keys, one in ${oldOneIn} old`, [performance.now() - filled])

  await using client = await connect(url)
  const times: number[] = []
  const query = async (text: string, values: readonly unknown[]) => {
    const begun = performance.now()
    const result = await client.query(text, [...values])
    times.push(performance.now() - begun)
    return result.rows
  }
  async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
    times.length = 0
    const begun = performance.now()
    const result = await work()
    print(
      `  ${name} (${JSON.stringify(result)} in ${Math.round(performance.now() - begun)} ms)`,
      times,
    )
    await pause(1_000)
  }
  const keys = createIdempotency({
    adapter: { transaction: (work) => work(undefined, query), codeOf: () => undefined },
    schema: 'public',
  })
  await timed('keys, a batch', () => keys.clean())
  await timed('keys again, none left', () => keys.clean())
  await timed('tombstones, a batch', () => purgeTombstones({ query, retentionDays: 365 }))
  await timed('tombstones again, none left', () => purgeTombstones({ query, retentionDays: 365 }))
  await timed('reconcile, a step', () => reconcile({ query, policy: { retentionHours: 24 } }))
}

async function connect(url: string) {
  const client = new pg.Client({ connectionString: url })
  // A stop signal drops its database; the running statement rejects.
  client.on('error', () => {})
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** Ids and keys are monotonic, like those of the server and the page. */
function fill({ from, count, oldOneIn }: { from: number; count: number; oldOneIn: number }) {
  return `
    with made as (
      insert into todo (owner_id, id, title, created_key, created_at, updated_at, deleted_at)
      select 'local', ${uuid('n', 'a')}, 'Buy milk, ' || n, ${uuid('n', 'b')}::text, at, at,
        case when n % ${oldOneIn} = 0 then now() - interval '400 days' - n * interval '1 ms' end
      from generate_series(${from} + 1, ${from + count}) as n,
        lateral (select now() - interval '3 days' + n * interval '1 ms' as at) as times
      returning id, created_key, title
    )
    insert into idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
    select 'local', created_key, 'createTodo', sha256(title::bytea),
      json_build_object('id', id, 'title', title, 'completed', false, 'version', 1)::text,
      now() - case when substr(title, 11)::int % ${oldOneIn} = 0 then interval '30 hours' else interval '2 hours' end
        + substr(title, 11)::int * interval '0.1 ms'
    from made`
}

/** SQL: the n-th UUIDv7 of a kind. */
function uuid(n: string, kind: string): string {
  return `(lpad(to_hex(1764000000000 + ${n}), 12, '0') || '7000' || '8' || substr(md5(${n} || '${kind}'), 1, 15))::uuid`
}

function print(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((one, other) => one - other)
  const [median, slow, most] = [0.5, 0.99, 1].map((at) => quantile(sorted, at).toFixed(1))
  console.log(`${name}: ${times.length} × median ${median} ms, p99 ${slow} ms, longest ${most} ms`)
}
