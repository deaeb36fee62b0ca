import { buildNextRelease } from '@idem/chaos/build-next-release'
import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

// Builds a page, which takes 26 s of the processor.
vi.setConfig({ testTimeout: 900_000 })

const patience = { timeout: 15_000 }
const refused = { status: 503, body: '{}' }

test('an old tab beside the new page loses nothing, doubles nothing, and shows when it needs a reload', async () => {
  await using next = await buildNextRelease({ page: 'built' })
  await using world = await browserWorld()
  const { screen: old, proxy } = world
  await old.add('Buy milk')
  await old.saved()

  await world.killServer()
  await old.add('Buy tea')
  await old.stored(1)
  await world.restartServer(next)
  const fresh = await world.openTab()
  const archive = fresh.page.getByRole('button', { name: 'Archive Buy milk' })
  // If a busy server needs more than 3 s, the device shows its own page.
  await expect
    .poll(
      async () => {
        await fresh.page.reload()
        return archive.waitFor({ timeout: 10_000 }).then(
          () => true,
          () => false,
        )
      },
      { timeout: 120_000 },
    )
    .toBe(true)
  await fresh.row('Buy tea').waitFor()
  await fresh.saved()

  // An intent that the old tab does not know waits in the outbox of both.
  proxy.always('archiveTodo', refused)
  await archive.click()
  await fresh.stored(1)
  await old.row('Buy milk').getByText('Needs a newer page: reload.').waitFor()
  await old.status.getByText('1 change needs a newer page').waitFor()

  // The old tab continues with the new server, whose answers have more members.
  await old.add('Buy bread')
  await old.deleteButton('Buy tea').click()
  await expect.poll(world.effects, patience).toContain('made Buy bread')
  await expect.poll(world.effects, patience).toContain('deleted Buy tea')
  await old.stored(1)
  await old.field.fill('Buy half a')
  await old.refetch()
  await old.status.getByText('A new version is ready').waitFor()
  await old.page.locator('.status-line').getByRole('button', { name: 'Reload' }).click()
  await old.page.getByRole('button', { name: 'Archive Buy milk' }).waitFor()
  expect(await old.field.inputValue()).toBe('Buy half a')

  proxy.always('archiveTodo', undefined)
  await fresh.page.getByRole('button', { name: 'Retry now' }).click()
  await Promise.all([old.saved(), fresh.saved()])
  expect(await old.titles()).toEqual(['Buy bread', 'Buy milk'])
  expect((await world.effects()).sort()).toEqual([
    'changed Buy milk',
    'deleted Buy tea',
    'made Buy bread',
    'made Buy milk',
    'made Buy tea',
  ])
})
