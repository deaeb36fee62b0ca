import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a call whose answer was lost after the commit is repeated with the same key and body', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const [lost, again] = [
    proxy.next('createTodo', 'cut_midway'),
    proxy.next('createTodo', 'hold_answer'),
  ]
  await screen.add('Buy milk')
  await lost.struck
  await again.struck
  expect(await world.effects()).toEqual(['made Buy milk'])
  // The row exists, but the page does not know that it is saved.
  await screen.row('Buy milk').getByText('Waiting').waitFor()
  expect(await screen.status.textContent()).not.toBe('Saved')
  await again.release()
  await screen.saved()
  await screen.row('Buy milk').getByText('Waiting').waitFor({ state: 'detached' })
  const [first, second, ...rest] = proxy.passed('createTodo')
  expect(second).toEqual(first)
  expect(rest).toEqual([])
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a call without a response, repeated by the browser or the page, creates one todo', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  proxy.next('createTodo', 'cut_after')
  await screen.add('Buy milk')
  await screen.saved()
  const [first, second, ...rest] = proxy.passed('createTodo')
  expect(second).toEqual(first)
  expect(rest).toEqual([])
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a call that is cut, refused and cut again creates one todo', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  for (const kind of ['cut_before', 'refuse', 'cut_before'] as const) proxy.next('createTodo', kind)
  await screen.add('Buy milk')
  await screen.saved()
  expect(new Set(proxy.passed('createTodo').map(({ body }) => body)).size).toBe(1)
  expect(proxy.passed('createTodo')).toHaveLength(4)
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a reload during a call creates one todo, even when the call arrives late', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const held = proxy.next('createTodo', 'hold')
  await screen.add('Buy milk')
  await held.struck
  await screen.page.reload()
  await screen.row('Buy milk').waitFor()
  await screen.saved()
  await held.release()
  expect(proxy.passed('createTodo')).toHaveLength(2)
  expect(await world.effects()).toEqual(['made Buy milk'])
  await screen.page.reload()
  await screen.saved()
  expect(await screen.rows.count()).toBe(1)
})

test('leaving the page during a call and coming back creates one todo', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const lost = proxy.next('createTodo', 'hold_answer')
  await screen.add('Buy milk')
  await lost.struck
  await screen.page.goto('about:blank')
  await screen.page.goBack()
  await lost.release()
  await screen.row('Buy milk').waitFor()
  await screen.saved()
  expect(await screen.rows.count()).toBe(1)
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('another tab completes the call of a closed tab once', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const lost = proxy.next('createTodo', 'hold_answer')
  await screen.add('Buy milk')
  await lost.struck
  // Opened only now, because either of two tabs may be the one that sends.
  const other = await world.openTab()
  await other.row('Buy milk').waitFor()
  await screen.page.close()
  await other.row('Buy milk').waitFor()
  await other.saved()
  await lost.release()
  expect(await other.rows.count()).toBe(1)
  expect(new Set(proxy.passed('createTodo').map(({ body }) => body)).size).toBe(1)
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a todo added offline is shown immediately and saved once when the network returns', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  await context.setOffline(true)
  await screen.add('Buy milk')
  await screen.row('Buy milk').waitFor()
  await screen.page.getByText('Saved on this device, waiting for network (1)').waitFor()
  expect(await world.effects()).toEqual([])
  await context.setOffline(false)
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a todo deleted before its create is answered leaves no todo', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const held = proxy.next('createTodo', 'hold')
  await screen.add('Buy milk')
  await held.struck
  await screen.deleteButton('Buy milk').click()
  await screen.row('Buy milk').waitFor({ state: 'detached' })
  await held.release()
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk', 'deleted Buy milk'])
  await screen.page.reload()
  await screen.saved()
  expect(await screen.rows.count()).toBe(0)
})

test('a delete whose answer is lost is repeated with the same key and body, and is final', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  proxy.next('deleteTodo', 'cut_midway')
  await screen.deleteButton('Buy milk').click()
  await screen.saved()
  const [first, second, ...rest] = proxy.passed('deleteTodo')
  expect(second).toEqual(first)
  expect(rest).toEqual([])
  expect(await world.effects()).toEqual(['made Buy milk', 'deleted Buy milk'])
})

test('a server killed during a call and restarted has one todo', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const lost = proxy.next('createTodo', 'hold_answer')
  await screen.add('Buy milk')
  await lost.struck
  await world.killServer()
  await screen.page.reload().catch(() => undefined)
  await world.restartServer()
  await screen.page.goto(world.url)
  await lost.release()
  await screen.row('Buy milk').waitFor()
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk'])
})
