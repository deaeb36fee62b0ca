import AxeBuilder from '@axe-core/playwright'
import { expect, test, vi } from 'vitest'
import { animationsEnd } from '../support/animations-end.ts'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('the page is accessible in each state', async () => {
  await using world = await browserWorld()
  const { screen, proxy } = world
  const { page } = screen
  expect(await obstacles(page)).toEqual([])
  for (const title of ['Buy milk', 'Buy tea']) await screen.add(title)
  await screen.completeBox('Buy milk').check()
  await screen.saved()
  expect(await obstacles(page)).toEqual([])
  await screen.editButton('Buy tea').click()
  await screen.editor.fill('x'.repeat(501))
  await screen.editor.press('Enter')
  expect(await obstacles(page)).toEqual([])
  await screen.editor.press('Escape')
  proxy.next('createTodo', 'refuse')
  proxy.next('createTodo', 'hold')
  await screen.add('Buy bread')
  await screen.row('Buy bread').getByText('Waiting').waitFor()
  expect(await obstacles(page)).toEqual([])
})

test('a conflict, an empty search and the help are accessible', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const { page } = screen
  await screen.add('Buy milk')
  await screen.saved()
  await screen.editButton('Buy milk').click()
  await world.changeElsewhere('Buy milk', { title: 'Buy bread' })
  await screen.editor.fill('Buy tea')
  await screen.editor.press('Enter')
  await page.getByText('Yours').waitFor()
  expect(await obstacles(page)).toEqual([])
  await page.getByRole('button', { name: 'Take theirs' }).click()
  await screen.search.fill('xyz')
  await page.getByText('Nothing matches').waitFor()
  expect(await obstacles(page)).toEqual([])
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
  expect(await obstacles(page)).toEqual([])
})

test('Tab reaches every control, and the panels before a list that may be long', async () => {
  await using world = await browserWorld()
  const { screen } = world
  await screen.add('Buy milk')
  await screen.saved()
  await screen.page.reload()
  await screen.row('Buy milk').waitFor()
  const reached: string[] = []
  for (let count = 0; count < 13; count += 1) {
    await screen.page.keyboard.press('Tab')
    reached.push(await screen.focused())
  }
  expect(reached).toEqual([
    'New todo',
    'Add',
    'Search',
    'All',
    'Open',
    'Done',
    'Sync details',
    'Network lab',
    'Theme',
    'Keyboard shortcuts',
    'Complete Buy milk',
    'Edit Buy milk',
    'Delete Buy milk',
  ])
})

test('a printed page is the list in dark ink, without controls, also in dark mode', async () => {
  await using world = await browserWorld({ colorScheme: 'dark' })
  const { screen } = world
  const { page } = screen
  await screen.add('Buy milk')
  await screen.completeBox('Buy milk').check()
  await screen.saved()
  const background = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const onScreen = await background()
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await background()).not.toBe(onScreen)
  const visible = await page.evaluate(() =>
    [...document.querySelectorAll('main :is(button, a, input, p)')]
      .filter((element) => element.checkVisibility())
      .map((element) => element.getAttribute('aria-label') ?? element.textContent),
  )
  expect(visible).toEqual(['Complete Buy milk'])
})

test('exactly one status region announces the overall state', async () => {
  await using world = await browserWorld()
  expect(await world.screen.status.count()).toBe(1)
  expect(await world.screen.status.textContent()).toBe('Saved')
})

type Page = Awaited<ReturnType<typeof browserWorld>>['screen']['page']

/** What axe finds, in light and in dark mode. */
async function obstacles(page: Page) {
  const found: object[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // A text that is fading in has less contrast than the one a person reads.
    await animationsEnd(page)
    const { violations } = await new AxeBuilder({ page }).analyze()
    for (const { id, nodes } of violations) {
      found.push({ colorScheme, id, where: nodes.map(({ html }) => html) })
    }
  }
  return found
}
