import { expect, test } from 'vitest'
import { deleteOutbox, storedOutboxes } from './stored-outboxes.ts'
import { createWorld, isWaiting, quiet, seen, words } from './test-world.ts'

test('the entries of each outbox of a device are counted, and an outbox can be deleted', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  const tab = world.open()
  await tab.add(words('milk')).written
  await tab.writeNote('draft', 'bread')
  await seen(tab, isWaiting)
  await quiet(tab)
  tab.close()

  const own = async () => (await storedOutboxes())?.find(({ name }) => name === world.name)
  expect(await own()).toMatchObject({ entries: 1, notes: expect.arrayContaining(['draft']) })
  await deleteOutbox(world.name)
  expect(await own()).toBeUndefined()
})
