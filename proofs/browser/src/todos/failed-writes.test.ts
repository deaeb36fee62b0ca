import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'
import { failWrites } from '../support/fail-writes.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a text that could not be stored stays on the screen while the next one is typed, and is added again', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await failWrites(page, 'Buy milk')
  await screen.field.fill('Buy milk')
  await page.evaluate(submitAndTypeOn, 'Buy t')
  const message = page.getByText('storage is full, so “Buy milk” was not added')
  await message.waitFor()
  await page.keyboard.type('ea')
  expect(await screen.field.inputValue()).toBe('Buy tea')
  expect(await message.isVisible()).toBe(true)
  await page.getByRole('button', { name: 'Add again' }).click()
  await screen.row('Buy milk').waitFor()
  await screen.saved()
  expect(await message.count()).toBe(0)
  expect(await screen.focused()).toBe('New todo')
  // The draft of the second text is not removed with the first one.
  await page.reload()
  await expect.poll(() => screen.field.inputValue()).toBe('Buy tea')
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a second text that is typed after the first was given back stays apart from it', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await failWrites(page, 'Buy milk')
  await screen.add('Buy milk')
  await page.getByText('storage is full, so this was not added').waitFor()
  expect(await screen.field.inputValue()).toBe('Buy milk')
  await page.keyboard.type('Buy tea')
  expect(await screen.field.inputValue()).toBe('Buy tea')
  await page.getByText('so “Buy milk” was not added').waitFor()
  await screen.field.press('Enter')
  await page.getByRole('button', { name: 'Add again' }).click()
  await screen.saved()
  expect((await world.effects()).toSorted()).toEqual(['made Buy milk', 'made Buy tea'])
})

test('the pasted line that could not be stored is offered again, and not those that are stored', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await failWrites(page, 'Buy tea')
  await screen.field.focus()
  await screen.field.evaluate(paste, 'Buy milk\nBuy tea\nBuy bread')
  await page.getByRole('button', { name: 'Add 3 todos' }).click()
  await page.getByText('so “Buy tea” was not added').waitFor()
  await page.getByRole('button', { name: 'Add again' }).click()
  await screen.row('Buy tea').waitFor()
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk', 'Buy tea', 'Buy bread'])
  expect(await world.effects()).toHaveLength(3)
})

/** Runs in the page, within one task: the write of the first text fails only afterwards. */
function submitAndTypeOn(next: string): void {
  const field = document.querySelector<HTMLInputElement>('#new-todo')
  field?.form?.requestSubmit()
  field?.setRangeText(next, 0, field.value.length, 'end')
}

/** Runs in the page. */
function paste(field: Element, text: string): void {
  const clipboardData = new DataTransfer()
  clipboardData.setData('text', text)
  field.dispatchEvent(
    new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
  )
}
