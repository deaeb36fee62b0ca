import { buildNextRelease } from '@idem/chaos/build-next-release'
import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 120_000 })

const patience = { timeout: 15_000 }

test('a tab of the previous release works with the next server, and does not touch an intent that it does not know', async () => {
  await using next = await buildNextRelease({ page: 'current' })
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()

  await world.killServer()
  await screen.add('Buy tea')
  await screen.completeBox('Buy milk').click()
  await screen.stored(2)
  // From here on it is an intent of the next page.
  await screen.page.evaluate(renameOperation)
  await world.restartServer(next)
  await screen.page.reload()
  await screen.row('Buy milk').getByText('Needs a newer page: reload.').waitFor()

  // The answers of the next server have more members.
  await screen.deleteButton('Buy tea').click()
  await screen.add('Buy bread')
  await expect
    .poll(world.effects, patience)
    .toEqual(expect.arrayContaining(['made Buy tea', 'deleted Buy tea', 'made Buy bread']))
  await screen.stored(1)
  await screen.status.getByText('1 change needs a newer page').waitFor()
  expect(await world.effects()).toHaveLength(4)
  expect(proxy.passed('archiveTodo')).toEqual([])
})

/** Runs in the page: the stored updates become intents that this page does not know. */
function renameOperation(): Promise<void> {
  return new Promise((resolve, reject) => {
    const { installation } = document.documentElement.dataset
    const opening = indexedDB.open(`idem-outbox-todos ${installation}`)
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const transaction = database.transaction('entries', 'readwrite')
      const entries = transaction.objectStore('entries')
      const reading = entries.getAll()
      reading.onsuccess = () => {
        for (const row of reading.result) {
          if (row.intent.operation !== 'updateTodo') continue
          entries.put({ ...row, intent: { ...row.intent, operation: 'archiveTodo' } })
        }
      }
      transaction.onerror = () => reject(transaction.error)
      transaction.oncomplete = () => {
        database.close()
        resolve()
      }
    }
  })
}
