import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('an edit of a todo that was changed elsewhere shows both texts, and keeping mine is a new edit', async () => {
  await using world = await conflict()
  const { screen } = world
  const row = screen.row('Buy bread')
  await row.getByText('Changed elsewhere too, so nothing was overwritten.').waitFor()
  expect(await row.getByRole('definition').allTextContents()).toEqual(['Buy tea', 'Buy bread'])
  expect(await world.effects()).toEqual(['made Buy milk', 'changed Buy bread'])
  await screen.page.getByRole('button', { name: 'Keep mine' }).click()
  await screen.row('Buy tea').waitFor()
  await screen.saved()
  expect((await world.effects()).slice(2)).toEqual(['changed Buy tea'])
})

test('taking theirs discards the edit and changes nothing', async () => {
  await using world = await conflict()
  const { screen } = world
  await screen.page.getByRole('button', { name: 'Take theirs' }).click()
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy bread'])
  expect(await world.effects()).toEqual(['made Buy milk', 'changed Buy bread'])
})

test('a conflict keeps the changes that wait behind it, and a reload keeps the conflict', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  const held = proxy.next('updateTodo', 'hold')
  await screen.editTo('Buy milk', 'Buy tea')
  await held.struck
  await screen.completeBox('Buy tea').check()
  await world.changeElsewhere('Buy milk', { title: 'Buy bread' })
  await held.release()
  await screen.page.reload()
  await screen.page.getByRole('button', { name: 'Keep mine' }).click()
  await screen.row('Buy tea').waitFor()
  await screen.saved()
  expect(await screen.completeBox('Buy tea').isChecked()).toBe(true)
  expect((await world.effects()).slice(1)).toEqual([
    'changed Buy bread',
    'changed Buy tea',
    'changed Buy tea',
  ])
})

test('an edit of a todo that was deleted elsewhere keeps its text, which can be added again', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  const held = proxy.next('updateTodo', 'hold')
  await screen.editTo('Buy milk', 'Buy tea')
  await held.struck
  await world.changeElsewhere('Buy milk', 'deleted')
  await held.release()
  const row = screen.row('Buy tea')
  await row.getByText('Deleted elsewhere, so it was not changed.').waitFor()
  await row.getByRole('button', { name: 'Add it again' }).click()
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy tea'])
  expect(await world.effects()).toEqual(['made Buy milk', 'deleted Buy milk', 'made Buy tea'])
})

test('a tick here and another title there are one todo with both, and an equal tick ends without a question', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  const ticked = proxy.next('updateTodo', 'hold')
  await screen.completeBox('Buy milk').check()
  await ticked.struck
  await world.changeElsewhere('Buy milk', { title: 'Buy bread' })
  await ticked.release()
  await screen.row('Buy bread').waitFor()
  await screen.saved()
  expect(await screen.completeBox('Buy bread').isChecked()).toBe(true)
  const unticked = proxy.next('updateTodo', 'hold')
  await screen.completeBox('Buy bread').uncheck()
  await unticked.struck
  await world.changeElsewhere('Buy bread', { completed: false })
  await unticked.release()
  await screen.saved()
  expect(await screen.completeBox('Buy bread').isChecked()).toBe(false)
  expect(await world.effects()).toEqual([
    'made Buy milk',
    'changed Buy bread',
    'changed Buy bread',
    'changed Buy bread',
  ])
})

/** Another device changes the todo while it is edited here. */
async function conflict() {
  const world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editButton('Buy milk').click()
  await world.changeElsewhere('Buy milk', { title: 'Buy bread' })
  // The page knows of the change, but the person sees only the field.
  await screen.refetch()
  await screen.completeBox('Buy bread').waitFor()
  await screen.editor.fill('Buy tea')
  await screen.editor.press('Enter')
  await screen.page.getByText('Yours').waitFor()
  return world
}
