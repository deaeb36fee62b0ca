import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('search and filter are in the URL, so a reload, a link and the back button show the same rows', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  for (const title of ['Buy milk', 'Buy tea', 'Call home']) await screen.add(title)
  await screen.completeBox('Buy tea').check()
  await screen.saved()
  await screen.filter('Open').click()
  expect(await screen.titles()).toEqual(['Call home', 'Buy milk'])
  await screen.search.fill('BUY')
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(new URL(page.url()).search).toBe('?show=open&q=BUY')
  await page.reload()
  await expect.poll(screen.titles).toEqual(['Buy milk'])
  expect(await screen.search.inputValue()).toBe('BUY')
  await screen.filter('Done').click()
  expect(await screen.titles()).toEqual(['Buy tea'])
  await page.goBack()
  await expect.poll(screen.titles).toEqual(['Buy milk'])
})

test('a filter without a match shows a message, and a new todo is shown with every filter', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await page.getByText('Nothing to do. Press n to add.').waitFor()
  await screen.add('Buy milk')
  await screen.saved()
  await screen.search.fill('(')
  await page.getByText('Nothing matches').waitFor()
  await screen.filter('Done').click()
  await screen.add('Buy tea')
  expect(await screen.titles()).toEqual(['Buy tea', 'Buy milk'])
  expect(new URL(page.url()).search).toBe('')
})

test('a completed todo leaves the open ones, and focus moves to the next', async () => {
  await using world = await browserWorld()
  const { screen } = world
  for (const title of ['Buy milk', 'Buy tea']) await screen.add(title)
  await screen.saved()
  await screen.filter('Open').click()
  await screen.completeBox('Buy tea').press('Space')
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await screen.focused()).toBe('Complete Buy milk')
  await screen.undoButton.click()
  await expect.poll(screen.titles).toEqual(['Buy tea', 'Buy milk'])
})

test('the server finds todos beyond the part of the list that is loaded', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await world.fill(130)
  await screen.page.reload()
  await screen.saved()
  expect(await screen.rows.count()).toBe(100)
  await screen.search.fill('Buy milk, 130')
  await expect.poll(screen.titles).toEqual(['Buy milk, 130'])
})

test('search and filter work offline on the loaded todos', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  for (const title of ['Buy milk', 'Buy tea']) await screen.add(title)
  await screen.saved()
  await context.setOffline(true)
  await screen.completeBox('Buy tea').check()
  await screen.filter('Done').click()
  expect(await screen.titles()).toEqual(['Buy tea'])
  await screen.search.fill('milk')
  await screen.page.getByText('Nothing matches').waitFor()
})
