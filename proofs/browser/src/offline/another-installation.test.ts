import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a second installation at the same address neither shows nor gets what belongs to the first', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  await screen.add('Buy milk')
  await screen.saved()
  await context.setOffline(true)
  await screen.add('Buy tea')
  await screen.row('Buy tea').getByText('Waiting').waitFor()
  await screen.page.close()
  await context.setOffline(false)

  const bringBack = await world.installAnother()
  const other = await world.openTab()
  await other.page.getByText('Nothing to do').waitFor()
  expect(await other.titles()).toEqual([])
  expect(await world.effects()).toEqual([])
  await other.page.close()

  await bringBack()
  const again = await world.openTab()
  await again.saved()
  expect((await again.titles()).toSorted()).toEqual(['Buy milk', 'Buy tea'])
})

test('an open page sends nothing to another installation that takes over its address', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  await screen.add('Buy milk')
  await screen.saved()
  await context.setOffline(true)
  await screen.add('Buy tea')
  await screen.row('Buy tea').getByText('Waiting').waitFor()
  await world.installAnother()
  await context.setOffline(false)
  await screen.refetch()
  await screen.status.getByText('A new version is ready').waitFor()
  expect(await world.effects()).toEqual([])
})
