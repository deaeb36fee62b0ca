import { quantile } from '../results/statistics.ts'
import { ask } from '../servers/bench-database.ts'

export type ListPlan = {
  /** Of two servers, one whose owner has few todos and one with many. */
  readonly few: string
  readonly many: string
  readonly rounds: number
  readonly pages: number
}

/** The median of each round in ms. */
export type ListPages = { readonly few: number[]; readonly many: number[] }

/** The duration of a page of 50 among few and many todos: the first page, and one from the middle. */
export async function measureListPage({ few, many, rounds, pages }: ListPlan): Promise<ListPages> {
  const result: ListPages = { few: [], many: [] }
  const cursors = { few: await middleOf(few), many: await middleOf(many) }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, url] of [
      ['few', few],
      ['many', many],
    ] as const) {
      const times: number[] = []
      for (let page = 0; page < pages; page += 1) {
        times.push(
          await timeOf(`${url}/todos`),
          await timeOf(`${url}/todos?cursor=${cursors[name]}`),
        )
      }
      result[name].push(
        quantile(
          times.toSorted((one, other) => one - other),
          0.5,
        ),
      )
    }
  }
  return result
}

/** Todos of one owner, a second apart, with ids of those times. */
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

async function timeOf(url: string): Promise<number> {
  const begun = performance.now()
  const { todos } = await read(url)
  if (todos.length !== 50)
    throw new Error(`Expected 50 todos from ${url}, received ${todos.length}.`)
  return performance.now() - begun
}

/** The cursor in the middle of the first thousand. */
async function middleOf(url: string): Promise<string> {
  let cursor = ''
  for (let page = 0; page < 5; page += 1) {
    cursor = (await read(`${url}/todos?limit=100${cursor && `&cursor=${cursor}`}`)).nextCursor
  }
  return cursor
}

async function read(url: string): Promise<{ todos: unknown[]; nextCursor: string }> {
  return JSON.parse(await (await fetch(url)).text())
}
