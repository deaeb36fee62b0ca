import type { Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a todo that is added while a foreign page holds the deleted database is sent', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const foreign = await deleteHeldDatabase(world)
  await screen.add('Buy milk')
  await expect.poll(() => world.effects(), { timeout: 15_000 }).toEqual(['made Buy milk'])
  await screen.page.getByText('Saved', { exact: true }).waitFor()
  await foreign.close()
  await screen.saved()
})

test('without a network it is shown as kept in this page only, and stored when that page is closed', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const foreign = await deleteHeldDatabase(world)
  proxy.always('createTodo', { status: 502, body: '' })
  await screen.add('Buy milk')
  await screen.page.getByText('Not saved: closing this page loses 1 change').waitFor()
  await foreign.close()
  await screen.stored(1)
  await screen.page.getByText('Saved on this device, waiting for network (1)').waitFor()
  await screen.page.reload()
  proxy.always('createTodo', undefined)
  await screen.row('Buy milk').waitFor()
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk'])
})

/** The page /docs of the same origin opens the database, does not react to `versionchange`, and deletes it. */
async function deleteHeldDatabase({
  context,
  url,
}: Pick<Awaited<ReturnType<typeof browserWorld>>, 'context' | 'url'>): Promise<Page> {
  const foreign = await context.newPage()
  await foreign.goto(`${url}/docs`)
  await foreign.evaluate(holdAndDelete)
  return foreign
}

/** Runs in the page. Resolves when the deletion waits for this connection. */
async function holdAndDelete(): Promise<void> {
  const [{ name = '' } = {}] = await indexedDB.databases()
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name)
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const deleting = indexedDB.deleteDatabase(name)
      deleting.onblocked = () => resolve()
    }
  })
}

test('without a database the page says what closing it loses, and the browser asks before', async () => {
  await using world = await browserWorld()
  const { screen, context, proxy } = world
  const { page } = screen
  await context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied', 'SecurityError')
    }
  })
  await page.reload()
  proxy.always('createTodo', { status: 502, body: '' })
  await screen.add('Buy milk')
  await screen.status.getByText('Not saved: closing this page loses 1 change').waitFor()
  const asked = page.waitForEvent('dialog')
  await page.close({ runBeforeUnload: true })
  const dialog = await asked
  expect(dialog.type()).toBe('beforeunload')
  await dialog.dismiss()

  // Nothing is lost any more, so nothing is asked.
  proxy.always('createTodo', undefined)
  await screen.refetch()
  await screen.status.and(page.getByText('Saved', { exact: true })).waitFor()
  const closed = page.waitForEvent('close')
  await page.close({ runBeforeUnload: true })
  await closed
})
