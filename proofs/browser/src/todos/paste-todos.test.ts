import type { Locator } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a pasted text of several lines becomes several todos, in its order', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await paste(screen.field, 'Buy milk\r\n\n  Buy tea  \nBuy tea\n')
  expect(await screen.focused()).toBe('Add 3 todos')
  await screen.page.keyboard.press('Enter')
  expect(await screen.titles()).toEqual(['Buy milk', 'Buy tea', 'Buy tea'])
  expect(await screen.focused()).toBe('New todo')
  await screen.saved()
  expect((await world.effects()).toSorted()).toEqual([
    'made Buy milk',
    'made Buy tea',
    'made Buy tea',
  ])
})

test('the markers of a pasted list are dropped, and a preview shows it without moving the page', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Call home')
  const before = await screen.row('Call home').boundingBox()
  await paste(screen.field, '- Buy milk\n* [ ] Buy tea\n1. Buy bread\n- [x] Buy salt\n• 2 lemons')
  const offer = screen.page.getByRole('group', { name: 'Pasted text with 5 lines' })
  expect(await offer.getByRole('listitem').allTextContents()).toEqual([
    'Buy milk',
    'Buy tea',
    'Buy bread',
  ])
  await offer.getByText('and 2 more').waitFor()
  expect(await screen.row('Call home').boundingBox()).toEqual(before)
  await screen.page.keyboard.press('Enter')
  expect(await screen.titles()).toEqual([
    'Buy milk',
    'Buy tea',
    'Buy bread',
    'Buy salt',
    '2 lemons',
    'Call home',
  ])
})

test('a pasted text of several lines becomes one todo, or nothing', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.field.fill('Buy')
  await paste(screen.field, 'milk\ntea')
  await screen.page.keyboard.press('Escape')
  expect(await screen.focused()).toBe('New todo')
  expect(await screen.field.inputValue()).toBe('Buy')
  await paste(screen.field, 'milk\ntea')
  await screen.page.getByRole('button', { name: 'Add as one' }).click()
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk tea'])
})

test('the offer for a pasted text disappears when the person continues to type', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await paste(screen.field, 'milk\ntea')
  const offer = screen.page.getByRole('button', { name: 'Add 2 todos' })
  await offer.waitFor()
  await screen.add('Buy bread')
  await offer.waitFor({ state: 'detached' })
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy bread'])
})

test('a pasted text of one line is text', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await paste(screen.field, 'Buy milk\n')
  expect(await screen.page.getByRole('button', { name: 'Add as one' }).count()).toBe(0)
})

async function paste(field: Locator, text: string): Promise<void> {
  await field.focus()
  await field.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text', pasted)
    element.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    )
  }, text)
}
