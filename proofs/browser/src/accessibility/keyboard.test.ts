import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('the keyboard alone adds, completes, edits, deletes, undoes and searches', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { keyboard } = screen.page
  await keyboard.press('n')
  await keyboard.type('Buy milk')
  await keyboard.press('Enter')
  await keyboard.type('Buy tea')
  await keyboard.press('Enter')
  expect(await screen.focused()).toBe('New todo')
  await screen.saved()
  await leaveField(screen)
  await keyboard.press('ArrowDown')
  expect(await screen.focused()).toBe('Complete Buy tea')
  await keyboard.press('ArrowDown')
  await keyboard.press('ArrowDown')
  expect(await screen.focused()).toBe('Complete Buy milk')
  await keyboard.press('x')
  expect(await screen.completeBox('Buy milk').isChecked()).toBe(true)
  await keyboard.press('Home')
  await keyboard.press('Delete')
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await screen.focused()).toBe('Complete Buy milk')
  await keyboard.press('Control+z')
  await expect.poll(screen.titles).toEqual(['Buy tea', 'Buy milk'])
  await keyboard.press('e')
  await keyboard.type('!')
  await keyboard.press('Enter')
  expect(await screen.titles()).toEqual(['Buy tea', 'Buy milk!'])
  expect(await screen.focused()).toBe('Edit Buy milk!')
  await keyboard.press('/')
  expect(await screen.focused()).toBe('Search')
  await screen.saved()
  // Different todos do not wait for each other.
  expect((await world.effects()).slice(2).toSorted()).toEqual([
    'changed Buy milk',
    'changed Buy milk!',
    'deleted Buy tea',
    'restored Buy tea',
  ])
})

test('deleting every todo with its button moves focus to the next row, and at last to the field', async () => {
  await using world = await browserWorld()
  const { screen } = world
  for (const title of ['Buy milk', 'Buy tea']) await screen.add(title)
  await screen.saved()
  await screen.deleteButton('Buy tea').press('Enter')
  expect(await screen.focused()).toBe('Delete Buy milk')
  await screen.page.keyboard.press('Space')
  expect(await screen.focused()).toBe('New todo')
})

test('letters are text in a field and a choice in a menu, and keys wherever else the focus is', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { keyboard } = screen.page
  await screen.add('Buy milk')
  await screen.saved()
  await screen.field.focus()
  await keyboard.type('nex/?')
  expect(await screen.field.inputValue()).toBe('nex/?')
  await screen.editButton('Buy milk').click()
  await keyboard.type('ex?')
  expect(await screen.editor.inputValue()).toBe('Buy milkex?')
  await keyboard.press('Escape')
  await screen.page.getByRole('combobox', { name: 'Theme' }).focus()
  await keyboard.press('n')
  expect(await screen.focused()).toBe('Theme')
  await screen.filter('All').focus()
  await keyboard.press('n')
  expect(await screen.focused()).toBe('New todo')
})

test('Escape closes the panel that has the focus, and gives the focus back', async () => {
  await using world = await browserWorld()
  const { page } = world.screen
  for (const name of ['Sync details', 'Network lab']) {
    const button = page.getByRole('button', { name })
    await button.press('Enter')
    const panel = page.getByRole('region', { name })
    await panel.waitFor()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    expect(await button.and(page.locator(':focus')).count()).toBe(1)
  }
})

test('the help lists the keys, and switches single letters off for good', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await screen.add('Buy milk')
  await screen.saved()
  await leaveField(screen)
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await dialog.getByText('Move in the list').waitFor()
  await dialog.getByRole('checkbox', { name: 'Single-letter keys' }).uncheck()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await page.reload()
  await screen.row('Buy milk').waitFor()
  await screen.completeBox('Buy milk').press('x')
  await page.keyboard.press('n')
  expect(await screen.focused()).toBe('Complete Buy milk')
  expect(await screen.completeBox('Buy milk').isChecked()).toBe(false)
  // Nobody presses a key with a name by accident.
  await page.keyboard.press('Delete')
  expect(await screen.titles()).toEqual([])
})

type Screen = Awaited<ReturnType<typeof browserWorld>>['screen']

async function leaveField({ page }: Screen): Promise<void> {
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
}
