import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { browserWorld } from './browser-world.ts'

vi.setConfig({ testTimeout: 120_000 })

const folder = fileURLToPath(new URL('../screenshots', import.meta.url))

const devices = [
  { name: 'desktop-light', colorScheme: 'light', viewport: { width: 1_000, height: 800 } },
  { name: 'desktop-dark', colorScheme: 'dark', viewport: { width: 1_000, height: 800 } },
  { name: 'phone-light', colorScheme: 'light', viewport: { width: 375, height: 740 } },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 320, height: 740 } },
] as const

type World = Awaited<ReturnType<typeof browserWorld>>

const long = 'Call the plumber about the kitchen tap, which has been dripping since last week'

/** Each begins with the page that the one before left. */
const states: readonly (readonly [string, (world: World) => Promise<unknown>])[] = [
  ['empty', async () => undefined],
  [
    'list',
    async ({ screen }) => {
      for (const title of ['Buy milk', long, 'Answer Ada']) await screen.add(title)
      await screen.saved()
      await screen.page.getByRole('checkbox', { name: 'Complete Buy milk' }).check()
      await screen.saved()
    },
  ],
  [
    'edit',
    async ({ screen }) => {
      await screen.page.getByRole('button', { name: 'Edit Answer Ada' }).click()
    },
  ],
  [
    'undo',
    async ({ screen }) => {
      await screen.page.keyboard.press('Escape')
      await screen.deleteButton('Answer Ada').click()
      await screen.saved()
    },
  ],
  [
    'nothing-matches',
    async ({ screen }) => {
      await screen.page.getByRole('searchbox', { name: 'Search' }).fill('cheese')
      await screen.page.getByText('Nothing matches').waitFor()
    },
  ],
  [
    'paste',
    async ({ screen }) => {
      await screen.page.getByRole('searchbox', { name: 'Search' }).fill('')
      await screen.field.evaluate((field) => {
        const clipboardData = new DataTransfer()
        clipboardData.setData('text/plain', 'Tea\nBread\nSalt')
        const options = { clipboardData, bubbles: true, cancelable: true }
        field.dispatchEvent(new ClipboardEvent('paste', options))
      })
      await screen.page.getByRole('button', { name: 'Add 3 todos' }).waitFor()
    },
  ],
  [
    'refused',
    async ({ screen, proxy }) => {
      await screen.field.fill('')
      proxy.always('createTodo', { status: 403, body: JSON.stringify(forbidden) })
      await screen.add('Buy tea')
      await screen.row('Buy tea').getByText('You may not add this').waitFor()
    },
  ],
  [
    'sync-details',
    async ({ screen, proxy }) => {
      proxy.always('createTodo', undefined)
      await screen.row('Buy tea').getByRole('button', { name: 'Discard' }).click()
      await screen.saved()
      const { page } = screen
      await page.getByRole('button', { name: 'Network lab' }).click()
      await page.getByRole('checkbox', { name: 'Drop the answer' }).check()
      await page.getByRole('button', { name: 'Sync details' }).click()
      await screen.add('Buy tea')
      await page.getByText('sent 3 times, saved once').waitFor()
    },
  ],
  [
    'offline',
    async ({ screen }) => {
      await screen.page.getByRole('checkbox', { name: 'Go offline' }).check()
      await screen.add('Buy bread')
      await screen.page.getByText('no answer').first().waitFor()
    },
  ],
  [
    'help',
    async ({ screen }) => {
      await screen.page.getByRole('button', { name: 'Sync details' }).click()
      await screen.page.getByRole('button', { name: 'Network lab' }).click()
      await screen.page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
    },
  ],
]

test.for(devices)('no state of the page scrolls sideways: $name', async ({ name, ...device }) => {
  await using world = await browserWorld(device)
  const { page } = world.screen
  mkdirSync(folder, { recursive: true })
  for (const [state, show] of states) {
    await show(world)
    await page.evaluate(() =>
      Promise.allSettled(document.getAnimations().map(({ finished }) => finished)),
    )
    await page.screenshot({ path: join(folder, `${state}-${name}.png`) })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
  }
})

const forbidden = {
  error: {
    message: 'This request is not allowed.',
    code: -32003,
    data: {
      code: 'FORBIDDEN',
      httpStatus: 403,
      path: 'createTodo',
      refusal: { code: 'forbidden', retry: 'ask_person' },
    },
  },
}
