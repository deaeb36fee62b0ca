import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'
import { keyExpired, serverError } from '../support/canned-refusals.ts'

vi.setConfig({ testTimeout: 120_000 })

test('discarding a sent entry cancels its key, and a late call has no effect', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  // Held on the way, so its outcome is unknown; then refused by an intermediary.
  const held = proxy.next('createTodo', 'hold')
  await screen.add('Buy milk')
  await held.struck
  await screen.page.reload()
  proxy.always('createTodo', serverError)
  const row = screen.row('Buy milk')
  await row.getByText('The server has failed at this').waitFor({ timeout: 60_000 })
  await row.getByRole('button', { name: 'Discard' }).click()
  await row.waitFor({ state: 'detached' })
  await screen.saved()
  proxy.always('createTodo', undefined)
  await held.release()
  expect(await world.effects()).toEqual([])
  await screen.page.reload()
  await screen.saved()
  expect(await screen.rows.count()).toBe(0)
})

test('an entry that took effect before it was discarded is shown with a notice', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  proxy.next('createTodo', 'cut_midway')
  proxy.always('createTodo', serverError)
  await screen.add('Buy milk')
  const row = screen.row('Buy milk')
  await row.getByRole('button', { name: 'Discard' }).click({ timeout: 60_000 })
  await screen.page.getByText('had been added already').waitFor()
  await screen.saved()
  expect(await screen.rows.count()).toBe(1)
  // Beside the notice, the undo is the one of the discard.
  proxy.always('createTodo', undefined)
  await screen.page.getByRole('button', { name: 'Undo discard of “Buy milk”' }).click()
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a todo that waited too long to be sent by itself is added when the person says so, and once', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  // The answer is lost, and then the server has forgotten the key, and the one that took its place.
  proxy.next('createTodo', 'cut_midway')
  proxy.always('createTodo', keyExpired)
  await screen.add('Buy milk')
  const row = screen.row('Buy milk')
  const words = 'This waited so long that it may already be there. Add it anyway?'
  await row.getByText(words).waitFor()
  proxy.always('createTodo', undefined)
  await row.getByRole('button', { name: 'Add it anyway' }).click()
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('the sync details say in words why a change waits for a person, and offer no second try that cannot help', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editButton('Buy milk').click()
  await world.changeElsewhere('Buy milk', { title: 'Buy bread' })
  await screen.editor.fill('Buy tea')
  await screen.editor.press('Enter')
  await page.getByRole('button', { name: 'Sync details' }).click()
  const change = page.getByRole('list', { name: 'On their way' }).getByRole('listitem')
  await change.getByText('Needs your decision').waitFor()
  await change.getByText('changed on another device').waitFor()
  expect(await change.getByRole('button').allTextContents()).toEqual(['Discard'])
})

test('after a restore unknown entries need a decision, and new entries are sent', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const restore = await world.backUp()
  proxy.next('createTodo', 'cut_midway')
  proxy.always('createTodo', serverError)
  await screen.add('Buy milk')
  await expect.poll(() => world.effects()).toEqual(['made Buy milk'])
  await restore()
  const row = screen.row('Buy milk')
  await row.getByText('The server was restored from a backup').waitFor({ timeout: 60_000 })
  // The page asks for the epoch once in five seconds, and this server was restored sooner.
  proxy.always('createTodo', undefined)
  await screen.add('Buy tea')
  await expect.poll(() => world.effects(), { timeout: 30_000 }).toContain('made Buy tea')
  await row.getByRole('button', { name: 'Try again' }).click()
  await screen.saved()
  expect(await screen.rows.count()).toBe(2)
  // In the restored database, each of them once.
  expect((await world.effects()).sort()).toEqual(['made Buy milk', 'made Buy tea'])
})

test('a change of a todo that the restored server does not have can be added again, with its text', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const restore = await world.backUp()
  await screen.add('Buy milk')
  await screen.saved()
  await world.killServer()
  await screen.completeBox('Buy milk').check()
  await screen.page.getByText('Saved on this device, waiting for network (1)').waitFor()
  await restore()
  const row = screen.row('Buy milk')
  await row.getByText('Its todo was lost when the server was restored').waitFor({ timeout: 60_000 })
  expect(await row.getByRole('definition').allTextContents()).toEqual([
    'Buy milk (done)',
    'Not there',
  ])
  await row.getByRole('button', { name: 'Add it again' }).click()
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await screen.completeBox('Buy milk').isChecked()).toBe(true)
  expect(await world.effects()).toEqual(['made Buy milk', 'changed Buy milk'])
})

test('an entry of a newer release is left unchanged and counted, and the page loads', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.page.evaluate(putNextRelease)
  await screen.page.reload()
  await screen.page.getByText('1 change needs a newer page').waitFor()
  await screen.row('Buy milk').getByText('Needs a newer page').waitFor()
  await screen.add('Buy tea')
  await expect.poll(() => world.effects()).toEqual(['made Buy milk', 'made Buy tea'])
  expect(world.proxy.passed('updateTodo')).toEqual([])
})

/** Runs in the page: an intent and an outcome of a future release. */
function putNextRelease(): Promise<void> {
  return new Promise((resolve, reject) => {
    const { installation } = document.documentElement.dataset
    const opening = indexedDB.open(`idem-outbox-todos ${installation}`)
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const writing = database.transaction(['entries', 'outcomes'], 'readwrite')
      const outcomes = writing.objectStore('outcomes')
      const asking = outcomes.getAll()
      asking.onsuccess = () => {
        const [{ orderingKey }] = asking.result
        const intent = {
          v: 2,
          operation: 'updateTodo',
          id: orderingKey,
          completed: true,
          version: 1,
        }
        const status = { state: 'queued' }
        const entry = {
          schema: 1,
          id: 'next',
          key: 'next',
          orderingKey,
          account: 'local',
          intent,
          status,
        }
        writing.objectStore('entries').add({ ...entry, addedAt: Date.now(), attempts: 0 })
        outcomes.put({ orderingKey: 'x', intent, answer: { answer: 42 }, settledAt: Date.now() })
      }
      writing.oncomplete = () => {
        database.close()
        resolve()
      }
      writing.onerror = () => reject(writing.error)
    }
  })
}
