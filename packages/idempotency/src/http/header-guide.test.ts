import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

test('each row of the table about the draft names tests that exist', async () => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
  const guide = await read('../../guides/idempotency-key-header.md')
  const tests = await read('frameworks.test.ts')
  const rows = guide.match(/^\| \d.*$/gm) ?? []
  expect(rows.length).toBeGreaterThan(15)
  for (const row of rows) {
    const titles = [...(row.split('|')[4] ?? '').matchAll(/\*(.+?)\*/g)].map(([, title]) => title)
    expect([row, titles.length > 0]).toEqual([row, true])
    for (const title of titles) expect(tests).toContain(`'${title}'`)
  }
})
