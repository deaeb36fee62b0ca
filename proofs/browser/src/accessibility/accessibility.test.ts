import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('Tab reaches every control, and the panels before a list that may be long', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.page.reload()
  await screen.row('Buy milk').waitFor()
  await screen.undoButton.waitFor()
  const reached: string[] = []
  for (let count = 0; count < 15; count += 1) {
    await screen.page.keyboard.press('Tab')
    reached.push(await screen.focused())
  }
  expect(reached).toEqual([
    'New todo',
    'Add',
    'Undo add of “Buy milk”',
    'Search',
    'All',
    'Open',
    'Done',
    'Recently deleted',
    'Sync details',
    'Network lab',
    'Theme',
    'Keyboard shortcuts',
    'Complete Buy milk',
    'Edit Buy milk',
    'Delete Buy milk',
  ])
})

test('a printed page is the list in dark ink, without controls, also in dark mode', async () => {
  await using world = await browserWorld({ colorScheme: 'dark' })
  const { screen } = world
  const { page } = screen
  await screen.add('Buy milk')
  await screen.completeBox('Buy milk').check()
  await screen.saved()
  const background = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const onScreen = await background()
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await background()).not.toBe(onScreen)
  const visible = await page.evaluate(() =>
    [...document.querySelectorAll('main :is(button, a, input, p):not(.sr-only)')]
      .filter((element) => element.checkVisibility())
      .map((element) => element.getAttribute('aria-label') ?? element.textContent),
  )
  expect(visible).toEqual(['Complete Buy milk'])
})

test('exactly one status region announces the overall state, and nothing where there is nothing to save', async () => {
  await using world = await browserWorld()
  expect(await world.screen.status.count()).toBe(1)
  expect(await world.screen.status.textContent()).toBe('')
  await world.screen.add('Buy milk')
  await world.screen.saved()
  expect(await world.screen.status.textContent()).toBe('Saved')
})
