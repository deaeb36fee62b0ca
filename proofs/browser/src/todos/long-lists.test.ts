import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('open todos come first, and one that is ticked moves only when neither pointer nor focus is in the list', async () => {
  await using world = await browserWorld()
  const { screen } = world
  for (const title of ['Buy milk', 'Buy tea', 'Buy bread']) await screen.add(title)
  await screen.saved()
  await screen.completeBox('Buy bread').check()
  await screen.saved()
  await screen.refetch()
  expect(await screen.titles()).toEqual(['Buy bread', 'Buy tea', 'Buy milk'])
  await screen.page.mouse.move(1, 1)
  await screen.add('Buy salt')
  expect(await screen.titles()).toEqual(['Buy salt', 'Buy tea', 'Buy milk', 'Buy bread'])
  await screen.saved()
  await screen.page.reload()
  await expect.poll(screen.titles).toEqual(['Buy salt', 'Buy tea', 'Buy milk', 'Buy bread'])
})

test('a long list loads while it is scrolled, counts itself, and a reload keeps the place', async () => {
  await using world = await longList()
  const { screen } = world
  const { page } = screen
  expect(await screen.rows.count()).toBe(100)
  await page.mouse.move(300, 300)
  for (const loaded of [200, 230]) {
    await page.mouse.wheel(0, 20_000)
    await expect.poll(() => screen.rows.count()).toBe(loaded)
  }
  await page.getByText('230 todos', { exact: true }).waitFor()
  await page.getByText('230 todos loaded').waitFor()
  const row = screen.row('Buy milk, 180')
  await row.evaluate((element) => element.scrollIntoView({ block: 'center' }))
  const before = await row.boundingBox()
  await page.reload()
  await row.waitFor()
  await expect.poll(async () => (await row.boundingBox())?.y).toBeCloseTo(before?.y ?? 0, -1)
})

test('the button that loads more gives the focus to the rows that it has loaded', async () => {
  await using world = await longList()
  const { screen } = world
  const more = screen.page.getByRole('button', { name: 'Show more' })
  await more.press('Enter')
  await expect.poll(() => screen.rows.count()).toBe(200)
  expect(await screen.focused()).toBe('Show more')
  await more.press('Enter')
  await more.waitFor({ state: 'detached' })
  await expect.poll(screen.focused).toBe('Complete Buy milk, 201')
})

test('a print of a long list holds all of it', async () => {
  await using world = await longList()
  const { page } = world.screen
  const printed = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        window.print = () => resolve(document.querySelectorAll('.row').length)
      }),
  )
  await page.keyboard.press('Control+p')
  expect(await printed).toBe(230)
})

async function longList() {
  const world = await browserWorld()
  await world.fill(230)
  await world.screen.page.reload()
  await world.screen.row('Buy milk, 100').waitFor()
  return world
}
