import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a deleted todo is restored with the keyboard, wherever it was deleted', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  for (const title of ['Buy milk', 'Buy tea']) await screen.add(title)
  await screen.saved()
  await world.changeElsewhere('Buy milk', 'deleted')
  await screen.deleteButton('Buy tea').click()
  await screen.saved()
  await page.getByRole('button', { name: 'Recently deleted' }).press('Enter')
  const deleted = page.getByRole('region', { name: 'Recently deleted' }).getByRole('listitem')
  await expect.poll(() => deleted.count()).toBe(2)
  await page.getByRole('button', { name: 'Restore Buy milk' }).press('Enter')
  expect(await screen.focused()).toBe('Restore Buy tea')
  await screen.row('Buy milk').waitFor()
  await screen.saved()
  await page.keyboard.press('Enter')
  await screen.row('Buy tea').waitFor()
  await page.getByText('Nothing was deleted lately.').waitFor()
  await page.keyboard.press('Escape')
  await screen.saved()
  expect((await world.effects()).slice(-2)).toEqual(['restored Buy milk', 'restored Buy tea'])
})

test('offline the todos that this device has deleted are restored, and sent once there is a network', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  const { page } = screen
  for (const title of ['Buy milk', 'Buy tea']) await screen.add(title)
  await screen.saved()
  await screen.deleteButton('Buy tea').click()
  await screen.saved()
  const button = page.getByRole('button', { name: 'Recently deleted' })
  await button.click()
  await page.getByRole('button', { name: 'Restore Buy tea' }).waitFor()
  await button.click()
  await context.setOffline(true)
  await screen.deleteButton('Buy milk').click()
  await button.click()
  for (const title of ['Buy milk', 'Buy tea']) {
    await page.getByRole('button', { name: `Restore ${title}` }).click()
    await screen.row(title).waitFor()
  }
  await context.setOffline(false)
  await screen.saved()
  expect((await world.effects()).slice(-3).toSorted()).toEqual([
    'deleted Buy milk',
    'restored Buy milk',
    'restored Buy tea',
  ])
})
