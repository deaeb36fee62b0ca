import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a double click or a held key on a row changes no row that takes its place', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { keyboard } = screen.page
  for (const title of ['Todo 1', 'Todo 2', 'Todo 3', 'Todo 4', 'Todo 5']) await screen.add(title)
  await screen.deleteButton('Todo 5').dblclick()
  expect(await screen.titles()).toHaveLength(4)
  await screen.completeBox('Todo 4').focus()
  await hold('Delete')
  expect(await screen.titles()).toHaveLength(3)
  await screen.deleteButton('Todo 3').focus()
  await hold('Enter')
  expect(await screen.titles()).toHaveLength(2)
  await screen.filter('Open').click()
  await screen.completeBox('Todo 2').focus()
  await hold('x')
  expect(await screen.titles()).toEqual(['Todo 1'])
  // It opens the field, and does not close it again.
  await hold('Enter')
  expect(await screen.focused()).toBe('New title of Todo 1')

  /** Each further event is a repetition of the keyboard. */
  async function hold(key: string): Promise<void> {
    for (let repeat = 0; repeat < 5; repeat += 1) await keyboard.down(key)
    await keyboard.up(key)
  }
})
