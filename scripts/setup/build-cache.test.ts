import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cached } from './build-cache.mjs'

function workshop() {
  const home = mkdtempSync(join(tmpdir(), 'idem-stamp-'))
  const write = (path: string, text: string) => writeFileSync(join(home, path), text)
  mkdirSync(join(home, 'src'))
  write('src/page.ts', 'one')
  const job = { stamp: 'made/stamp', inputs: ['src', 'absent'], outputs: ['made/page.js'] }
  let count = 0
  async function make(parameters: unknown[] = []) {
    const work = async () => {
      count += 1
      mkdirSync(join(home, 'made'), { recursive: true })
      write('made/page.js', `built ${count}`)
    }
    return await cached({ ...job, parameters }, work, home)
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

test('work with unchanged inputs and outputs is not repeated', async () => {
  using shop = workshop()
  expect(await shop.make()).toBe(true)
  expect(await shop.make()).toBe(false)
})

test.each<[string, (shop: ReturnType<typeof workshop>) => void]>([
  ['a changed source', (shop) => shop.write('src/page.ts', 'two')],
  ['an added source', (shop) => shop.write('src/more.ts', '')],
  ['a renamed source', (shop) => [shop.remove('src/page.ts'), shop.write('src/p.ts', 'one')]],
  ['a new settings file', (shop) => shop.write('absent', '')],
  ['a missing output', (shop) => shop.remove('made/page.js')],
  ['an output changed by hand', (shop) => shop.write('made/page.js', 'by hand')],
  ['a missing output folder', (shop) => shop.remove('made')],
])('%s repeats the work', async (_, change) => {
  using shop = workshop()
  await shop.make()
  change(shop)
  expect(await shop.make()).toBe(true)
  expect(await shop.make()).toBe(false)
})

test('a changed variable repeats the work', async () => {
  using shop = workshop()
  await shop.make([['NEXT_PUBLIC_NAME', 'a']])
  expect(await shop.make([['NEXT_PUBLIC_NAME', 'b']])).toBe(true)
})

test('a changed test or a file of a tool does not repeat the work', async () => {
  using shop = workshop()
  await shop.make()
  shop.write('src/page.test.ts', 'a test')
  shop.write('src/tsconfig.tsbuildinfo', 'left behind')
  expect(await shop.make()).toBe(false)
})

test('failed work does not count as done', async () => {
  using shop = workshop()
  await shop.make()
  shop.write('src/page.ts', 'two')
  const failing = cached(shop.job, () => Promise.reject(new Error('no')), shop.home)
  await expect(failing).rejects.toThrow('no')
  shop.write('src/page.ts', 'one')
  expect(await shop.make()).toBe(true)
})

test('a source that changes during the work repeats it the next time', async () => {
  using shop = workshop()
  const work = async () => {
    shop.write('src/page.ts', 'changed during the work')
  }
  await cached(shop.job, work, shop.home)
  expect(await shop.make()).toBe(true)
})
