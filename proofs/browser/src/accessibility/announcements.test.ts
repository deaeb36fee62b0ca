import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

const patience = { timeout: 15_000 }

test('the results of a search, nothing found and each undo are announced', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  for (const title of ['Buy milk', 'Buy tea', 'Call home']) await screen.add(title)
  await screen.saved()
  await page.evaluate(recordAnnouncements)
  const said = () => page.evaluate('said')
  await screen.search.fill('buy')
  await expect.poll(said, patience).toContain('2 todos found')
  await screen.search.fill('xyz')
  await expect.poll(said, patience).toContain('Nothing matches')
  await screen.search.fill('')
  await screen.completeBox('Buy tea').check()
  await expect.poll(said, patience).toContain('Completed “Buy tea”')
  await screen.undoButton.click()
  await expect.poll(said, patience).toContain('Undone: completion of “Buy tea”')
})

test('a decision is announced with the title of its todo, beside work that waits', async () => {
  await using world = await browserWorld()
  const { screen, proxy, context } = world
  const { page } = screen
  proxy.always('createTodo', { status: 403, body: '{}' })
  await screen.add('Buy milk')
  await screen.status.getByText('1 change needs your decision').waitFor()
  await context.setOffline(true)
  await screen.add('Buy tea')
  await screen.status.getByText('1 change needs your decision · 1 waiting for network').waitFor()
  await page.getByRole('button', { name: 'Review' }).click()
  const decision = page.getByRole('group', { name: 'Buy milk' })
  expect(await decision.locator(':focus').count()).toBe(1)
})

/** Runs in the page: keeps the texts that appear in live regions. */
function recordAnnouncements(): void {
  const said: string[] = []
  Object.assign(globalThis, { said })
  for (const region of document.querySelectorAll('[aria-live], [role="status"], [role="alert"]')) {
    new MutationObserver(() =>
      said.push(region.firstElementChild?.firstElementChild?.textContent ?? region.textContent),
    ).observe(region, { childList: true, subtree: true, characterData: true })
  }
}
