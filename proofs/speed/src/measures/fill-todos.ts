import { ask } from '../servers/bench-database.ts'

/** Todos of one owner, a second apart, with ids of those times: newest first “Buy milk, 1”. */
export async function fillTodos(url: string, todos: number): Promise<void> {
  await ask(
    url,
    `insert into todo (owner_id, id, title, created_at, updated_at)
     select 'local',
       (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008' || substr(md5(n::text), 1, 15))::uuid,
       'Buy milk, ' || n, at, at
     from generate_series(1, ${todos}) as n, lateral (select now() - n * interval '1 s' as at) as at`,
  )
  await ask(url, 'vacuum analyze todo')
}
