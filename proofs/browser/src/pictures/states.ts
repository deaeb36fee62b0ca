import type { browserWorld } from '../support/browser-world.ts'
import { forbidden } from '../support/canned-refusals.ts'

type World = Awaited<ReturnType<typeof browserWorld>>

const long = 'Call the plumber about the kitchen tap, which has been dripping since last week'

/** The states of the page. Each begins with the page that the one before left. */
export const states: readonly (readonly [string, (world: World) => Promise<unknown>])[] = [
  [
    'loading',
    async ({ screen, proxy }) => {
      const held = proxy.next('listTodos', 'hold')
      await screen.page.reload()
      await held.struck
      await screen.page.getByText('Loading…').waitFor()
    },
  ],
  [
    'empty',
    async ({ screen }) => {
      await screen.page.reload()
      await screen.saved()
    },
  ],
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
      // It stays for as long as the pointer is over it.
      await screen.page.locator('.toast').hover()
    },
  ],
  [
    'conflict',
    async (world) => {
      const { screen } = world
      await screen.editButton('Buy milk').click()
      await world.changeElsewhere('Buy milk', { title: 'Buy oat milk' })
      await screen.editor.fill('Buy two litres of milk')
      await screen.editor.press('Enter')
      await screen.page.getByText('Yours').waitFor()
    },
  ],
  [
    'nothing-matches',
    async ({ screen }) => {
      await screen.page.getByRole('button', { name: 'Keep mine' }).click()
      await screen.saved()
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
      proxy.always('createTodo', forbidden)
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
    'unreachable',
    async ({ screen, proxy }) => {
      const { page } = screen
      await page.getByRole('checkbox', { name: 'Go offline' }).uncheck()
      await page.evaluate(() => dispatchEvent(new Event('online')))
      await page.getByRole('button', { name: 'Sync details' }).click()
      await page.getByRole('button', { name: 'Network lab' }).click()
      await screen.saved()
      proxy.always('listTodos', { status: 502, body: '' })
      for (let count = 0; count < 2; count += 1) await screen.refetch()
      await page.getByText('Cannot reach the server').waitFor()
    },
  ],
  [
    'deleted',
    async ({ screen, proxy }) => {
      const { page } = screen
      proxy.always('listTodos', undefined)
      await page.evaluate(() => dispatchEvent(new Event('focus')))
      await page.getByRole('button', { name: 'Recently deleted' }).click()
      await page.getByRole('button', { name: 'Restore Answer Ada' }).waitFor()
    },
  ],
  [
    'help',
    async ({ screen }) => {
      // A phone shows no button for it.
      await screen.page.keyboard.press('?')
      await screen.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    },
  ],
  [
    '200-rows',
    async (world) => {
      const { screen } = world
      const { page } = screen
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Recently deleted' }).click()
      await world.createElsewhere(Array.from({ length: 200 }, (_, at) => `Todo ${at + 1}`))
      await screen.refetch()
      await screen.row('Todo 200').waitFor()
      await screen.saved()
      await page.evaluate(() => scrollTo(0, 1_000))
    },
  ],
]
