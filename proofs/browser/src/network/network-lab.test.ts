import AxeBuilder from '@axe-core/playwright'
import type { Locator } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a todo whose answers are dropped is sent three times and saved once, and the sync details show it', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const { page } = screen
  await page.getByRole('button', { name: 'Network lab' }).click()
  await page.getByRole('checkbox', { name: 'Drop the answer' }).check()
  await page.getByRole('button', { name: 'Sync details' }).click()
  await screen.add('Buy milk')
  const details = page.getByRole('region', { name: 'Sync details' })
  await details.waitFor()
  await details.getByText('sent 3 times, saved once').waitFor()
  await screen.saved()
  expect(proxy.passed('createTodo')).toHaveLength(3)
  expect(await world.effects()).toEqual(['made Buy milk'])
  // Also later: the history is on the device.
  await page.reload()
  await page.getByRole('button', { name: 'Sync details' }).click()
  await details.getByText('sent 3 times, saved once').waitFor()
})

test('a todo sent as two requests at once is saved once', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const { page } = screen
  await page.getByRole('button', { name: 'Network lab' }).click()
  await page.getByRole('checkbox', { name: 'Send everything twice' }).check()
  await page.getByRole('button', { name: 'Sync details' }).click()
  await page.getByText('Nothing is on its way.').waitFor()
  await screen.add('Buy milk')
  await page.getByText('sent 2 times, saved once').waitFor()
  await screen.saved()
  expect(proxy.passed('createTodo')).toHaveLength(2)
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a change on its way shows its attempts, and can be tried again or discarded', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await page.getByRole('button', { name: 'Network lab' }).click()
  const offline = page.getByRole('checkbox', { name: 'Go offline' })
  await offline.check()
  await page.getByRole('button', { name: 'Sync details' }).click()
  await page.getByText('Nothing is on its way.').waitFor()
  await screen.add('Buy milk')
  await screen.add('Buy tea')
  const pending = page.getByRole('list', { name: 'On their way' }).getByRole('listitem')
  const milk = pending.filter({ hasText: 'Buy milk' })
  const tea = pending.filter({ hasText: 'Buy tea' })
  await milk.getByText(/tried \w+.* · no answer · key \w{8}/).waitFor()
  await tea.getByText('no answer').waitFor()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await tea.getByRole('button', { name: 'Discard' }).click()
  await tea.getByText('Discarding').waitFor()
  const before = await attemptsOf(milk)
  await milk.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => attemptsOf(milk)).toBeGreaterThan(before)
  await offline.uncheck()
  // At once, though the next attempt may be half a minute away.
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk'])
  expect(await page.getByText('Nothing is on its way.').isVisible()).toBe(true)
  // The lab held its first attempts back.
  await page.getByText(/tried \d+ times, saved once/).waitFor()
})

async function attemptsOf(row: Locator): Promise<number> {
  const text = (await row.textContent()) ?? ''
  if (text.includes('tried once')) return 1
  return Number(/tried (\d+) times/.exec(text)?.[1] ?? 0)
}
