import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a completed todo is completed on the server and after a reload', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.completeBox('Buy milk').check()
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk', 'changed Buy milk'])
  expect(proxy.passed('updateTodo')).toMatchObject([{ body: bodyWith({ completed: true }) }])
  await screen.page.reload()
  await expect.poll(() => screen.completeBox('Buy milk').isChecked()).toBe(true)
  await screen.completeBox('Buy milk').uncheck()
  await screen.saved()
  expect(await world.effects()).toHaveLength(3)
})

test('a todo is edited in place by its button, a double click, Enter or e, and saved by Enter', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  const ways = [
    () => screen.editButton('Buy milk').click(),
    () => screen.list.getByText('Buy milk').dblclick(),
    () => screen.completeBox('Buy milk').press('Enter'),
    () => screen.completeBox('Buy milk').press('e'),
  ]
  for (const [count, open] of ways.entries()) {
    await open()
    await screen.page.keyboard.type('!')
    await screen.page.keyboard.press('Enter')
    await screen.row(`Buy milk${'!'.repeat(count + 1)}`).waitFor()
    expect(await screen.focused()).toMatch(/^Edit Buy milk!/)
  }
  await screen.saved()
  expect((await world.effects()).at(-1)).toBe('changed Buy milk!!!!')
})

test('an edit is saved when the field loses the focus, and cancelled by Esc', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editButton('Buy milk').click()
  await screen.editor.fill('Buy tea')
  await screen.editor.press('Escape')
  await screen.row('Buy milk').waitFor()
  expect(await screen.focused()).toBe('Edit Buy milk')
  await screen.editButton('Buy milk').click()
  await screen.editor.fill('Buy bread')
  await screen.field.focus()
  await screen.row('Buy bread').waitFor()
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk', 'changed Buy bread'])
})

test('an unchanged title sends nothing, and neither does an empty one, which is explained', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  for (const title of ['Buy milk', '  Buy milk ', '', '   ']) await screen.editTo('Buy milk', title)
  await screen.page.getByText('A todo needs a title, so “Buy milk” stays as it was.').waitFor()
  await screen.saved()
  expect(proxy.passed('updateTodo')).toEqual([])
})

test('a title that is too long keeps the field and its text, with the reason', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editButton('Buy milk').click()
  await screen.editor.fill('x'.repeat(501))
  await screen.editor.press('Enter')
  await screen.page.getByText('A title has at most 500 characters.').waitFor()
  expect(await screen.editor.inputValue()).toHaveLength(501)
  expect(proxy.passed('updateTodo')).toEqual([])
})

test('edits before the answer to the create wait for it and take its version', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const held = proxy.next('createTodo', 'hold')
  await screen.add('Buy milk')
  await held.struck
  await screen.editTo('Buy milk', 'Buy tea')
  await screen.completeBox('Buy tea').check()
  expect(proxy.passed('updateTodo')).toEqual([])
  await held.release()
  await screen.saved()
  expect(versions(proxy.passed('updateTodo'))).toEqual([1, 2])
  expect(await world.effects()).toEqual(['made Buy milk', 'changed Buy tea', 'changed Buy tea'])
})

test('changes made offline survive a reload of the browser and are sent once', async () => {
  await using world = await browserWorld()
  const { screen, context, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  await context.setOffline(true)
  await screen.editTo('Buy milk', 'Buy tea')
  await screen.completeBox('Buy tea').check()
  await screen.row('Buy tea').getByText('Waiting').waitFor()
  await screen.stored(2)
  await screen.page.close()
  await context.setOffline(false)
  const after = await world.openTab()
  await after.saved()
  expect(await after.completeBox('Buy tea').isChecked()).toBe(true)
  expect(versions(proxy.passed('updateTodo'))).toEqual([1, 2])
  expect(await world.effects()).toHaveLength(3)
})

test('an edit whose answer is lost is repeated with the same key and body', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  proxy.next('updateTodo', 'cut_midway')
  await screen.editTo('Buy milk', 'Buy tea')
  await screen.saved()
  const [first, second, ...rest] = proxy.passed('updateTodo')
  expect(second).toEqual(first)
  expect(rest).toEqual([])
  expect(await world.effects()).toEqual(['made Buy milk', 'changed Buy tea'])
})

function versions(requests: readonly { body: string }[]): number[] {
  return requests.map(({ body }) => inputOf(body).version)
}

function bodyWith(members: object) {
  return expect.toSatisfy((body: string) => {
    expect(inputOf(body)).toEqual({
      id: expect.any(String),
      idempotencyKey: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      version: 1,
      ...members,
    })
    return true
  })
}

/** The input of a call, which the client may send as a batch of one. */
function inputOf(body: string) {
  const sent = JSON.parse(body)
  return sent['0'] ?? sent
}
