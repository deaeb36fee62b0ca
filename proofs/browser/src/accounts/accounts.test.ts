import { expect, test, vi } from 'vitest'
import { accountScreen, accountsWorld } from '../support/accounts-world.ts'

vi.setConfig({ testTimeout: 90_000 })

test('an entry that was committed before its session ended is sent again under its key after signing in', async () => {
  await using world = await accountsWorld()
  const { proxy } = world
  const screen = accountScreen(await world.openPage())
  await screen.page.waitForURL('**/sign-in')
  await screen.claim(world.firstLink(), 'ann@todo.example')
  expect(screen.page.url()).toBe(`${world.url}/`)

  const [lost, again] = [proxy.next('createTodo', 'cut_midway'), proxy.next('createTodo', 'hold')]
  await screen.add('Buy milk')
  await lost.struck
  await again.struck
  await screen.field.fill('Buy bre')
  await world.endSessions()
  await again.release()
  await screen.status.getByText('Signed out. Sign in to send 1 change.').waitFor()
  await screen.row('Buy milk').waitFor()

  await screen.page.getByRole('link', { name: 'Sign in' }).click()
  await screen.page.getByText('1 change waits on this device.').waitFor()
  await screen.signIn('ann@todo.example')
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await screen.field.inputValue()).toBe('Buy bre')
  expect(await world.effects()).toEqual(['made Buy milk'])
})
