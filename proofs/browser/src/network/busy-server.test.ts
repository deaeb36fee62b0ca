import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a change that a full server refuses is tried again at the time it names, or at once on demand', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  proxy.always('createTodo', atCapacity)
  await screen.add('Buy milk')
  await screen.row('Buy milk').getByText('Waiting').waitFor()
  await expect.poll(() => screen.status.textContent()).toMatch(/^Trying again in \d+ s$/)
  proxy.always('createTodo', undefined)
  await screen.page.getByRole('button', { name: 'Retry now' }).click()
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a list that a full server refuses is not reported as a missing network', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  await screen.add('Buy milk')
  await screen.saved()
  proxy.always('listTodos', atCapacity)
  await expect
    .poll(async () => {
      await screen.refetch()
      return screen.status.textContent()
    })
    .toMatch(/^Saved · The server cannot answer now – list of /)
  await screen.row('Buy milk').waitFor()
  proxy.always('listTodos', undefined)
  await screen.page.getByRole('button', { name: 'Retry now' }).click()
  await screen.saved()
})

/** The refusal of a server that has too many requests in progress. */
const atCapacity = {
  status: 503,
  body: JSON.stringify({
    error: {
      message: 'The service is temporarily unavailable.',
      code: -32_603,
      data: {
        code: 'SERVICE_UNAVAILABLE',
        httpStatus: 503,
        refusal: { code: 'unavailable', retry: 'same_key', retryAfterMs: 20_000 },
      },
    },
  }),
}
