import { expect, test } from 'vitest'
import { readPages } from './read-pages.ts'

const { signal } = new AbortController()

/** Pages of one letter each: a, b, c. */
function letters() {
  const asked: (string | undefined)[] = []
  const next: Record<string, string | null> = { a: 'b', b: 'c', c: null }
  async function read(cursor: string | undefined) {
    asked.push(cursor)
    const letter = cursor ?? 'a'
    return { letter, nextCursor: next[letter] ?? null }
  }
  return { asked, read }
}

test('all pages on the screen are read again, from the first', async () => {
  const { asked, read } = letters()
  const pages = await readPages(read, { pages: [], count: 2 }, signal)
  expect(pages.map(({ letter }) => letter)).toEqual(['a', 'b'])
  expect(asked).toEqual([undefined, 'b'])
})

test('reading one page more reads only that page', async () => {
  const { asked, read } = letters()
  const known = await readPages(read, { pages: [], count: 1 }, signal)
  asked.length = 0
  const pages = await readPages(read, { pages: known, count: 2 }, signal)
  expect(pages.map(({ letter }) => letter)).toEqual(['a', 'b'])
  expect(asked).toEqual(['b'])
})

test('a list that became shorter ends with its last page', async () => {
  const { read } = letters()
  expect(await readPages(read, { pages: [], count: 9 }, signal)).toHaveLength(3)
})
