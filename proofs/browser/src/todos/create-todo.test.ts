import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a double click on Add creates one todo', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.field.fill('Buy milk')
  await screen.addButton.dblclick()
  await screen.saved()
  expect(await screen.rows.count()).toBe(1)
  expect(proxy.passed('createTodo')).toHaveLength(1)
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a held Enter key creates one todo for each text', async () => {
  await using world = await browserWorld()
  const { screen } = world
  for (const title of ['Buy milk', 'Buy tea']) {
    await screen.field.fill(title)
    // While a key is held, each further event is a repetition of the keyboard.
    for (let repeat = 0; repeat < 20; repeat += 1) await screen.page.keyboard.down('Enter')
    await screen.page.keyboard.up('Enter')
  }
  await screen.saved()
  expect(await screen.rows.count()).toBe(2)
  // Different todos do not wait for each other, so either may be created first.
  expect((await world.effects()).toSorted()).toEqual(['made Buy milk', 'made Buy tea'])
})

test('adding the same text twice creates two todos', async () => {
  await using world = await browserWorld()
  await world.screen.add('Buy milk')
  await world.screen.add('Buy milk')
  await world.screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk', 'made Buy milk'])
})

test('two tabs show one list, with each added todo once', async () => {
  await using world = await browserWorld()
  const other = await world.openTab()
  await other.saved()
  await Promise.all([world.screen.add('Buy milk'), other.add('Buy tea')])
  for (const screen of [world.screen, other]) {
    await screen.row('Buy milk').waitFor()
    await screen.row('Buy tea').waitFor()
    await screen.saved()
    expect(await screen.rows.count()).toBe(2)
  }
  expect((await world.effects()).sort()).toEqual(['made Buy milk', 'made Buy tea'])
})

test('a todo deleted in one tab disappears from the other', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  const other = await world.openTab()
  await other.row('Buy milk').waitFor()
  await screen.deleteButton('Buy milk').click()
  await other.row('Buy milk').waitFor({ state: 'detached' })
  await screen.saved()
  await other.saved()
  expect(await world.effects()).toEqual(['made Buy milk', 'deleted Buy milk'])
})

test('a title without a visible character is not added, and the field keeps it with the reason', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('\u200b\u2060')
  await screen.page.getByRole('alert').getByText('visible').waitFor()
  expect(await screen.field.inputValue()).toBe('\u200b\u2060')
  expect(await screen.rows.count()).toBe(0)
})
