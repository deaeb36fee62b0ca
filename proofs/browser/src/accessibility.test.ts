import AxeBuilder from '@axe-core/playwright'
import { expect, test, vi } from 'vitest'
import { browserWorld } from './browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test.for(['light', 'dark'] as const)(
  'the page is accessible in %s mode, empty and filled',
  async (colorScheme) => {
    await using world = await browserWorld({ colorScheme })
    const { screen } = world
    expect(await obstacles(screen.page)).toEqual([])
    await screen.add('Buy milk')
    await screen.add('Buy tea')
    await screen.saved()
    expect(await obstacles(screen.page)).toEqual([])
    world.proxy.next('createTodo', 'refuse')
    world.proxy.next('createTodo', 'hold')
    await screen.add('Buy bread')
    await screen.row('Buy bread').getByText('Waiting').waitFor()
    expect(await obstacles(screen.page)).toEqual([])
  },
)

test('every action works with the keyboard, and focus is never lost', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { keyboard } = screen.page
  await keyboard.press('Tab')
  expect(await focused(screen.page)).toBe('New todo')
  await keyboard.type('Buy milk')
  await keyboard.press('Enter')
  await keyboard.type('Buy tea')
  await keyboard.press('Tab')
  expect(await focused(screen.page)).toBe('Add')
  await keyboard.press('Space')
  await screen.saved()
  await keyboard.press('Tab')
  expect(await focused(screen.page)).toBe('Delete Buy tea')
  await keyboard.press('Enter')
  await screen.row('Buy tea').waitFor({ state: 'detached' })
  expect(await focused(screen.page)).toBe('Delete Buy milk')
  await keyboard.press('Space')
  await screen.row('Buy milk').waitFor({ state: 'detached' })
  expect(await focused(screen.page)).toBe('New todo')
  await screen.saved()
  expect((await world.effects()).sort()).toEqual([
    'deleted Buy milk',
    'deleted Buy tea',
    'made Buy milk',
    'made Buy tea',
  ])
})

test('exactly one status region announces the overall state', async () => {
  await using world = await browserWorld()
  expect(await world.screen.status.count()).toBe(1)
  expect(await world.screen.status.textContent()).toBe('Saved')
})

type Page = Awaited<ReturnType<typeof browserWorld>>['screen']['page']

async function obstacles(page: Page) {
  // A text that is fading in has less contrast than the one a person reads.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map(({ finished }) => finished)),
  )
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))
}

/** The accessible name of the focused element. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (element instanceof HTMLInputElement) return element.labels?.[0]?.textContent ?? ''
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })
}
