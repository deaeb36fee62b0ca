import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a reload offline shows the page and the last list, and a todo added there is saved once', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  await screen.add('Buy milk')
  await screen.saved()
  await isInstalled(screen.page)
  await context.setOffline(true)
  const kept = await screen.page.reload()
  expect(kept?.headers()['content-security-policy']).toMatch(/script-src 'self' 'sha256-/)
  await screen.row('Buy milk').waitFor()
  await screen.add('Buy tea')
  await screen.row('Buy tea').getByText('Waiting').waitFor()
  await screen.page.reload()
  await screen.row('Buy tea').waitFor()
  await context.setOffline(false)
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk', 'made Buy tea'])
})

test('the service worker answers for the files of the page and never for the API', async () => {
  await using world = await browserWorld()
  const { page } = world.screen
  await isInstalled(page)
  const responses: { path: string; fromWorker: boolean }[] = []
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname
    responses.push({ path, fromWorker: response.fromServiceWorker() })
  })
  await page.reload()
  await world.screen.add('Buy milk')
  await world.screen.saved()
  const api = responses.filter(({ path }) => path.startsWith('/api/'))
  expect(api.map(({ fromWorker }) => fromWorker)).not.toContain(true)
  expect(api.map(({ path }) => path)).toContain('/api/trpc/createTodo')
  const scripts = responses.filter(({ path }) => path.endsWith('.js') && path.startsWith('/_next/'))
  expect(scripts.length).toBeGreaterThan(3)
  expect(scripts.every(({ fromWorker }) => fromWorker)).toBe(true)
})

test('a new release of the page is announced, no page of a portal is, and the reload keeps the draft', async () => {
  await using world = await browserWorld()
  const { page, field, status, refetch } = world.screen
  const isPage = (url: URL) => url.pathname === '/'
  const other = { contentType: 'text/html', body: '<script src="/new.js"></script>' }
  await field.fill('Buy milk')

  // A portal, which answers everything with a page of its own.
  await page.route(isPage, (route) => route.fulfill(other), { times: 1 })
  const answered = page.waitForResponse((response) => isPage(new URL(response.url())))
  await refetch()
  await (await answered).finished()
  expect(await status.getByText('A new version is ready').count()).toBe(0)

  const release = { ...other, headers: { 'idem-release': '2' } }
  await page.route(isPage, (route) => route.fulfill(release), { times: 1 })
  await refetch()
  await status.getByText('A new version is ready').waitFor()
  await page.getByRole('button', { name: 'Reload' }).click()
  await world.screen.saved()
  expect(await field.inputValue()).toBe('Buy milk')
})

test('the page can be installed', async () => {
  await using world = await browserWorld()
  const { page } = world.screen
  await isInstalled(page)
  const devtools = await page.context().newCDPSession(page)
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
  // A separate profile of a test counts as a private window.
  const errors = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')
  expect(errors).toEqual([])
})

type Page = Awaited<ReturnType<typeof browserWorld>>['screen']['page']

/** Resolves when the worker has all files and handles the requests of this page. */
async function isInstalled(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated')
}
