import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a search that the server refuses is not shown as a complete answer, and is completed later', async () => {
  // A worker of the page would send requests that the test cannot refuse.
  await using world = await browserWorld({ serviceWorkers: 'block' })
  const { screen } = world
  const { page, status } = screen
  await world.createElsewhere(['The oldest'])
  // Few at once: a server under load refuses a caller that takes more than its share.
  for (let ten = 0; ten < 10; ten += 1) {
    await world.createElsewhere(Array.from({ length: 10 }, (_, n) => `Todo ${ten}${n}`))
  }
  const isSearch = (url: URL) =>
    url.pathname.endsWith('/listTodos') &&
    url.searchParams.get('input')?.includes('search') === true
  await page.route(isSearch, (route) => route.fulfill(busy))

  await page.goto(`${world.url}/?q=oldest`)
  await page.getByText('Nothing found in the part of the list that is loaded.').waitFor()
  expect(await page.getByText('Nothing matches').count()).toBe(0)
  expect(await status.textContent()).toBe('Saved · The search is not complete')

  await screen.search.fill('Todo 9')
  await screen.row('Todo 99').waitFor()
  await page.getByText('Loading…').waitFor()
  const partial = page.getByText('The server could not search the rest of the list.')
  await partial.waitFor()
  expect(await screen.row('Todo 99').isVisible()).toBe(true)

  await page.unroute(isSearch)
  await screen.search.fill('oldest')
  await screen.row('The oldest').waitFor()
  await screen.saved()
  expect(await partial.count()).toBe(0)
})

/** The server's refusal while too many searches are in progress. */
const busy = {
  status: 503,
  contentType: 'application/json',
  body: JSON.stringify({
    error: {
      message: 'Too many requests are in progress.',
      code: -32_603,
      data: {
        code: 'SERVICE_UNAVAILABLE',
        httpStatus: 503,
        refusal: { code: 'unavailable', retry: 'same_key', retryAfterMs: 1_000 },
      },
    },
  }),
}
