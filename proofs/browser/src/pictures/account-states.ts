import type { Page } from 'playwright-core'
import { accountScreen, type accountsWorld } from '../support/accounts-world.ts'
import { ownAccountStates } from './own-account-states.ts'

type World = Awaited<ReturnType<typeof accountsWorld>>
type Show = (world: World, page: Page) => Promise<unknown>

const refusing = { status: 503, body: '' }

/** The states of signing in and out. Each begins with the page that the one before left. */
export const accountStates: readonly (readonly [string, Show])[] = [
  [
    'invite',
    async (world, page) => {
      await page.goto(world.firstLink())
      const { textField, passwordField, button } = accountScreen(page)
      await textField('E-mail').fill('ann@todo.example')
      await passwordField.fill('short')
      await button('Make the account').click()
      await page.getByText('These are 5').waitFor()
    },
  ],
  [
    'account',
    async (world, page) => {
      const screen = accountScreen(page)
      await screen.textField('Name (optional)').fill('Ann Example')
      await screen.claim(world.firstLink(), 'ann@todo.example')
      await screen.add('Buy milk')
      await screen.saved()
      await screen.button('Account').click()
      await page.getByText('ann@todo.example').waitFor()
    },
  ],
  [
    'sign-out-question',
    async ({ proxy }, page) => {
      const screen = accountScreen(page)
      proxy.always('createTodo', refusing)
      await screen.add('Buy tea')
      await screen.row('Buy tea').getByText('Waiting').waitFor()
      await screen.button('Sign out').click()
      await page.getByText('1 change is not sent yet').waitFor()
    },
  ],
  [
    'signed-out',
    async (world, page) => {
      const screen = accountScreen(page)
      await screen.button('Cancel').click()
      await screen.button('Account').click()
      await world.endSessions()
      world.proxy.always('createTodo', undefined)
      await screen.add('Buy bread')
      await screen.status.getByText('Sign in to send 2 changes').waitFor()
    },
  ],
  [
    'sign-in',
    async (_, page) => {
      const screen = accountScreen(page)
      await page.getByRole('link', { name: 'Sign in' }).click()
      await screen.textField('E-mail').fill('ann@todo.example')
      await screen.passwordField.fill('not her password')
      await screen.button('Sign in').click()
      await page.getByText('address or the password is wrong').waitFor()
      await page.getByText('wait on this device').waitFor()
    },
  ],
  ['reset', (world, page) => page.goto(`${world.url}/reset#token`)],
  [
    'incomplete-link',
    async (world, page) => {
      await page.goto(`${world.url}/invite`)
      await page.getByText('needs the whole link').waitFor()
    },
  ],
  ...ownAccountStates,
]
