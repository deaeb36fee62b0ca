import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('undo brings a deleted todo back at its place, as it was', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  for (const title of ['Buy milk', 'Buy tea', 'Buy bread']) await screen.add(title)
  await screen.completeBox('Buy tea').check()
  await screen.saved()
  await screen.deleteButton('Buy tea').click()
  await screen.saved()
  await screen.undoButton.click()
  await expect.poll(screen.titles).toEqual(['Buy bread', 'Buy milk', 'Buy tea'])
  await expect.poll(screen.focused).toBe('Complete Buy tea')
  await screen.saved()
  await screen.page.reload()
  await expect.poll(screen.titles).toEqual(['Buy bread', 'Buy milk', 'Buy tea'])
  expect(await screen.completeBox('Buy tea').isChecked()).toBe(true)
  expect((await world.effects()).slice(-2)).toEqual(['deleted Buy tea', 'restored Buy tea'])
  // The version of the tombstone: a later deletion by another device is not undone.
  expect(proxy.passed('restoreTodo')[0]?.body).toContain('"version":3')
})

test('undo reverts a completion and an edit, last first, also with Ctrl+Z', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editTo('Buy milk', 'Buy tea')
  await screen.completeBox('Buy tea').check()
  await screen.saved()
  await screen.completeBox('Buy tea').press('Control+z')
  await expect.poll(() => screen.completeBox('Buy tea').isChecked()).toBe(false)
  await screen.undoButton.click()
  await screen.row('Buy milk').waitFor()
  await screen.page.getByRole('button', { name: 'Undo add of “Buy milk”' }).waitFor()
  await screen.saved()
  expect((await world.effects()).at(-1)).toBe('changed Buy milk')
  expect(await world.effects()).toHaveLength(5)
})

test('changes and their undo made offline are sent in order, and each has one effect', async () => {
  await using world = await browserWorld()
  const { screen, context, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  await context.setOffline(true)
  await screen.editTo('Buy milk', 'Buy tea')
  await screen.completeBox('Buy tea').check()
  await screen.undoButton.click()
  await screen.undoButton.click()
  await screen.row('Buy milk').waitFor()
  await screen.deleteButton('Buy milk').click()
  await screen.row('Buy milk').waitFor({ state: 'detached' })
  await screen.undoButton.click()
  await screen.row('Buy milk').getByText('Waiting').waitFor()
  proxy.next('restoreTodo', 'cut_midway')
  await context.setOffline(false)
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await screen.completeBox('Buy milk').isChecked()).toBe(false)
  const [, ...changes] = await world.effects()
  expect(changes).toEqual([
    'changed Buy tea',
    'changed Buy tea',
    'changed Buy tea',
    'changed Buy milk',
    'deleted Buy milk',
    'restored Buy milk',
  ])
  expect(new Set(proxy.passed('restoreTodo').map(({ body }) => body)).size).toBe(1)
})

test('undo does not overwrite a later change of another device, and asks', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editTo('Buy milk', 'Buy tea')
  await screen.saved()
  await world.changeElsewhere('Buy tea', { title: 'Buy bread' })
  await screen.refetch()
  await screen.row('Buy bread').waitFor()
  await screen.undoButton.click()
  await screen.row('Buy bread').getByText('On the server').waitFor()
  expect((await world.effects()).at(-1)).toBe('changed Buy bread')
})

test('undo puts no old text over that of another device, even behind a later change of this one', async () => {
  await using world = await behindAnotherDevice()
  const { screen } = world
  await screen.undoButton.click()
  await screen.undoButton.click()
  const row = screen.row('Buy bread')
  await row.getByText('Changed elsewhere too, so nothing was overwritten.').waitFor()
  expect(await row.getByRole('definition').allTextContents()).toEqual(['Buy milk', 'Buy bread'])
  expect((await world.effects()).at(-1)).toBe('changed Buy bread')
  await screen.page.getByRole('button', { name: 'Take theirs' }).click()
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy bread'])
})

test('an undo that waits is judged by the page after a reload, too', async () => {
  await using world = await behindAnotherDevice()
  const { screen, proxy } = world
  const held = proxy.next('updateTodo', 'hold')
  await screen.undoButton.click()
  await held.struck
  await screen.undoButton.click()
  await screen.stored(2)
  const reloaded = screen.page.reload()
  await held.release()
  await reloaded
  const row = screen.row('Buy bread')
  await row.getByText('Changed elsewhere too, so nothing was overwritten.').waitFor()
  expect(await row.getByRole('definition').allTextContents()).toEqual(['Buy milk', 'Buy bread'])
  expect((await world.effects()).at(-1)).toBe('changed Buy bread')
})

test('the toast stays for 10 s and longer while it is used, and then a smaller Undo remains', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  const start = Date.now()
  await page.clock.install({ time: start })
  await page.clock.pauseAt(start + 1_000)
  await screen.add('Buy milk')
  await screen.completeBox('Buy milk').check()
  const toast = page.getByText('Completed “Buy milk”')
  await page.clock.runFor(9_900)
  expect(await toast.count()).toBe(1)
  await screen.undoButton.focus()
  await page.clock.runFor(60_000)
  expect(await toast.count()).toBe(1)
  await screen.field.focus()
  await page.clock.runFor(10_100)
  expect(await toast.count()).toBe(0)
  await screen.undoButton.click()
  await expect.poll(() => screen.completeBox('Buy milk').isChecked()).toBe(false)
})

test('adds are undone too, newest first, and done again with Ctrl+Shift+Z, also after a reload', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await screen.add('Buy milk')
  await screen.add('Buy tea')
  await screen.saved()
  await screen.deleteButton('Buy milk').click()
  await screen.saved()
  await page.reload()
  await page.getByRole('button', { name: 'Undo delete of “Buy milk”' }).click()
  await expect.poll(screen.titles).toEqual(['Buy tea', 'Buy milk'])
  await page.getByRole('button', { name: 'Undo add of “Buy tea”' }).click()
  await expect.poll(screen.titles).toEqual(['Buy milk'])
  await screen.saved()
  await page.reload()
  await page.getByRole('button', { name: 'Redo add of “Buy tea”' }).waitFor()
  await page.keyboard.press('Control+Shift+Z')
  await expect.poll(screen.titles).toEqual(['Buy tea', 'Buy milk'])
  await page.keyboard.press('Control+Shift+Z')
  await expect.poll(screen.titles).toEqual(['Buy tea'])
  await screen.saved()
  expect((await world.effects()).slice(2)).toEqual([
    'deleted Buy milk',
    'restored Buy milk',
    'deleted Buy tea',
    'restored Buy tea',
    'deleted Buy milk',
  ])
})

test('a paste is undone as one step, in whichever tab, and by one of them', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.field.evaluate(paste, 'Buy milk\nBuy tea')
  await screen.page.getByRole('button', { name: 'Add 2 todos' }).click()
  await screen.saved()
  const other = await world.openTab()
  await other.saved()
  const undo = { name: 'Undo paste of 2 todos' }
  await other.page.getByRole('button', undo).click()
  await expect.poll(other.titles).toEqual([])
  await other.saved()
  // The first tab still offers it, and leaves it alone.
  await screen.page.keyboard.press('Control+z')
  await screen.page.getByRole('button', { name: 'Redo paste of 2 todos' }).waitFor()
  await screen.saved()
  expect((await world.effects()).slice(2).toSorted()).toEqual([
    'deleted Buy milk',
    'deleted Buy tea',
  ])
})

test('an add that never left is taken back, and what was typed comes back after Take theirs', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  const { page } = screen
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editButton('Buy milk').click()
  await world.changeElsewhere('Buy milk', { title: 'Buy bread' })
  await screen.editor.fill('Buy oat milk')
  await screen.editor.press('Enter')
  await page.getByRole('button', { name: 'Take theirs' }).click()
  await page.getByRole('button', { name: 'Undo discard of “Buy oat milk”' }).click()
  await page.getByRole('button', { name: 'Keep mine' }).click()
  await screen.row('Buy oat milk').waitFor()
  await screen.saved()
  await context.setOffline(true)
  await screen.field.fill('Buy rice')
  await screen.field.press('Enter')
  await screen.field.fill('Buy beans')
  await screen.field.press('Enter')
  await page.getByRole('button', { name: 'Undo add of “Buy beans”' }).click()
  await screen.row('Buy beans').waitFor({ state: 'detached' })
  await context.setOffline(false)
  await screen.saved()
  expect((await world.effects()).filter((effect) => !effect.includes('beans'))).toEqual([
    'made Buy milk',
    'changed Buy bread',
    'changed Buy oat milk',
    'made Buy rice',
  ])
  expect(await screen.titles()).toEqual(['Buy rice', 'Buy oat milk'])
})

/** A todo is renamed here, then on another device, which the list shows, and then completed here. */
async function behindAnotherDevice() {
  const world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editTo('Buy milk', 'Buy tea')
  await screen.saved()
  await world.changeElsewhere('Buy tea', { title: 'Buy bread' })
  await screen.refetch()
  await screen.completeBox('Buy bread').check()
  await screen.saved()
  return world
}

/** Runs in the page. */
function paste(field: Element, text: string): void {
  const clipboardData = new DataTransfer()
  clipboardData.setData('text', text)
  field.dispatchEvent(
    new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
  )
}
