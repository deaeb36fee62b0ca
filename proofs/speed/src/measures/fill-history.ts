import { ask } from '../servers/bench-database.ts'

/** Rows per insert. */
const batch = 100_000

/** Todos and the records of their keys, as after as many creates; then the tables are as after a quiet night. */
export async function fillHistory(url: string, { rows }: { rows: number }): Promise<void> {
  for (let at = 0; at < rows; at += batch) {
    await ask(url, fill({ from: at, count: Math.min(batch, rows - at) }))
  }
  await ask(url, 'vacuum analyze')
  await ask(url, 'checkpoint')
}

/** Ids and keys are monotonic, like those of the server and the page. */
function fill({ from, count }: { from: number; count: number }) {
  return `
    with made as (
      insert into todo (owner_id, id, title, created_key, created_at, updated_at)
      select 'local', ${uuid('n', 'a')}, 'Buy milk, ' || n, ${uuid('n', 'b')}::text, at, at
      from generate_series(${from} + 1, ${from + count}) as n,
        lateral (select now() - interval '3 days' + n * interval '1 ms' as at) as times
      returning id, created_key, title
    )
    insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
    select 'local', created_key, 'createTodo', sha256(title::bytea),
      json_build_object('id', id, 'title', title, 'completed', false, 'version', 1)::text,
      now() - interval '2 hours' + substr(title, 11)::int * interval '0.1 ms'
    from made`
}

/** SQL: the n-th UUIDv7 of a kind. */
function uuid(n: string, kind: string): string {
  return `(lpad(to_hex(1764000000000 + ${n}), 12, '0') || '7000' || '8' || substr(md5(${n} || '${kind}'), 1, 15))::uuid`
}
