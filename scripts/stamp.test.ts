import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unlessDone } from './stamp.mjs'

function workshop() {
  const home = mkdtempSync(join(tmpdir(), 'idem-stamp-'))
  const write = (path: string, text: string) => writeFileSync(join(home, path), text)
  mkdirSync(join(home, 'src'))
  write('src/page.ts', 'one')
  const job = { stamp: 'made/stamp', inputs: ['src', 'absent'], outputs: ['made/page.js'] }
  let count = 0
  async function make(words: unknown[] = []) {
    const work = async () => {
      count += 1
      mkdirSync(join(home, 'made'), { recursive: true })
      write('made/page.js', `built ${count}`)
    }
    return await unlessDone({ ...job, words }, work, home)
  }
  return {
    write,
    make,
    job,
    home,
    remove: (path: string) => rmSync(join(home, path), { recursive: true }),
    [Symbol.dispose]: () => rmSync(home, { recursive: true }),
  }
}

test('what is unchanged is not done again', async () => {
  using shop = workshop()
  expect(await shop.make()).toBe(true)
  expect(await shop.make()).toBe(false)
})

test.each<[string, (shop: ReturnType<typeof workshop>) => void]>([
  ['a source changed', (shop) => shop.write('src/page.ts', 'two')],
  ['a source was added', (shop) => shop.write('src/more.ts', '')],
  ['a source was renamed', (shop) => [shop.remove('src/page.ts'), shop.write('src/p.ts', 'one')]],
  ['a missing setting appeared', (shop) => shop.write('absent', '')],
  ['what was made is gone', (shop) => shop.remove('made/page.js')],
  ['what was made was made anew by hand', (shop) => shop.write('made/page.js', 'by hand')],
  ['all that was made is gone', (shop) => shop.remove('made')],
])('done again: %s', async (_, change) => {
  using shop = workshop()
  await shop.make()
  change(shop)
  expect(await shop.make()).toBe(true)
  expect(await shop.make()).toBe(false)
})

test('done again: a variable changed', async () => {
  using shop = workshop()
  await shop.make([['NEXT_PUBLIC_NAME', 'a']])
  expect(await shop.make([['NEXT_PUBLIC_NAME', 'b']])).toBe(true)
})

test('not done again: a test changed, or what tools leave behind', async () => {
  using shop = workshop()
  await shop.make()
  shop.write('src/page.test.ts', 'a test')
  shop.write('src/tsconfig.tsbuildinfo', 'left behind')
  expect(await shop.make()).toBe(false)
})

test('work that failed is not taken for done', async () => {
  using shop = workshop()
  await shop.make()
  shop.write('src/page.ts', 'two')
  const failing = unlessDone(shop.job, () => Promise.reject(new Error('no')), shop.home)
  await expect(failing).rejects.toThrow('no')
  shop.write('src/page.ts', 'one')
  expect(await shop.make()).toBe(true)
})

test('a source that changes while the work goes on is seen the next time', async () => {
  using shop = workshop()
  const work = async () => {
    shop.write('src/page.ts', 'changed meanwhile')
  }
  await unlessDone(shop.job, work, shop.home)
  expect(await shop.make()).toBe(true)
})
