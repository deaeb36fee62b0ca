import { expect, test, vi } from 'vitest'
import { accountScreen, accountsWorld } from '../support/accounts-world.ts'

vi.setConfig({ testTimeout: 90_000 })

test('a person sees the own name and devices, reached from the list', async () => {
  await using world = await accountsWorld()
  const screen = accountScreen(await world.openPage())
  await screen.claim(world.firstLink(), 'ann@todo.example')
  await screen.button('Account').click()
  await screen.page.getByRole('link', { name: 'Manage the account' }).click()
  await screen.page.waitForURL('**/account')
  await screen.page.getByText('ann@todo.example').waitFor()
  const devices = screen.page.getByRole('list', { name: 'Devices' }).getByRole('listitem')
  expect(await devices.allTextContents()).toEqual([expect.stringContaining('This device')])
  await screen.textField('Name (optional)').fill('Ann')
  await screen.button('Save the name').click()
  await screen.page.getByText('The name is saved.').waitFor()
  await screen.page.reload()
  await expect.poll(() => screen.textField('Name (optional)').inputValue()).toBe('Ann')
})
