import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'
import { failWrites } from '../support/fail-writes.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a todo that is deleted elsewhere while it is edited keeps its field, the focus and the text', async () => {
  await using world = await edited()
  const { screen } = world
  await screen.editor.fill('Buy bread')
  await world.changeElsewhere('Buy milk', 'deleted')
  await world.createElsewhere(['Call home'])
  await screen.refetch()
  await screen.row('Call home').waitFor()
  expect(await screen.focused()).toBe('New title of Buy milk')
  await screen.page.keyboard.type('!')
  await screen.page.keyboard.press('Enter')
  const row = screen.row('Buy bread!')
  await row.getByText('Deleted elsewhere, so it was not changed.').waitFor()
  await row.getByRole('button', { name: 'Add it again' }).click()
  await screen.saved()
  expect((await world.effects()).slice(-2)).toEqual(['made Call home', 'made Buy bread!'])
})

test('a row that left the list and returns does not take the focus', async () => {
  await using world = await edited()
  const { screen } = world
  const other = await world.openTab()
  await other.deleteButton('Buy milk').click()
  await other.add('Oat milk')
  await screen.row('Oat milk').waitFor()
  await screen.field.focus()
  await screen.row('Buy milk').waitFor({ state: 'detached' })
  await screen.page.keyboard.type('Call ')
  await other.undoButton.click()
  await other.page.getByRole('button', { name: 'Undo delete of “Buy milk”' }).click()
  await screen.row('Buy milk').waitFor()
  await screen.page.keyboard.type('home')
  expect(await screen.editor.count()).toBe(0)
  expect(await screen.field.inputValue()).toBe('Call home')
})

test('a title that is too long keeps its field and text when another row is edited', async () => {
  await using world = await edited()
  const { screen } = world
  const { page } = screen
  await screen.editor.fill('x'.repeat(501))
  await screen.editButton('Buy tea').click()
  await page.getByText('A title has at most 500 characters.').waitFor()
  expect(await screen.focused()).toBe('New title of Buy tea')
  await page.keyboard.type('!')
  await page.keyboard.press('Enter')
  await screen.row('Buy tea!').waitFor()
  expect(await screen.editor.inputValue()).toHaveLength(501)
})

test('a title that is being typed survives a reload, does not take the focus, and is saved once', async () => {
  await using world = await edited()
  const { screen } = world
  const { page } = screen
  await screen.editor.fill('Buy bread')
  await page.evaluate(storageIsIdle)
  await page.reload()
  await screen.editor.waitFor()
  expect(await screen.editor.inputValue()).toBe('Buy bread')
  expect(await screen.focused()).toBe('')
  await screen.editor.press('Enter')
  await screen.row('Buy bread').waitFor()
  await screen.saved()
  await page.evaluate(storageIsIdle)
  await page.reload()
  await screen.saved()
  expect(await screen.editor.count()).toBe(0)
  expect((await world.effects()).slice(2)).toEqual(['changed Buy bread'])
})

test('a changed title that cannot be stored stays in its field', async () => {
  await using world = await edited()
  const { screen } = world
  await failWrites(screen.page, 'Buy bread')
  await screen.editor.fill('Buy bread')
  await screen.editor.press('Enter')
  await screen.page.getByText('so “Buy bread” was not kept').waitFor()
  expect(await screen.editor.inputValue()).toBe('Buy bread')
  await screen.editor.press('Enter')
  await screen.saved()
  expect((await world.effects()).slice(2)).toEqual(['changed Buy bread'])
})

/** The todos "Buy milk" and "Buy tea", of which the first is edited. */
async function edited() {
  const world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.add('Buy tea')
  await screen.saved()
  await screen.editButton('Buy milk').click()
  return world
}

/** Runs in the page: resolves when the earlier writes are on the disk. */
function storageIsIdle(): Promise<void> {
  return new Promise((resolve, reject) => {
    const { installation } = document.documentElement.dataset
    const opening = indexedDB.open(`idem-outbox-todos ${installation}`)
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const reading = database.transaction(['entries', 'notes'], 'readwrite')
      reading.objectStore('notes').count()
      reading.oncomplete = () => {
        database.close()
        resolve()
      }
      reading.onerror = () => reject(reading.error)
    }
  })
}
