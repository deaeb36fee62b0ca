import { totpCode } from '@idem/accounts/totp'
import type { Page } from 'playwright-core'
import { accountScreen, type accountsWorld, password } from '../support/accounts-world.ts'
import { virtualAuthenticator } from '../support/virtual-authenticator.ts'
import { secretOn } from './own-account-states.ts'

type World = Awaited<ReturnType<typeof accountsWorld>>
type Show = (world: World, page: Page) => Promise<unknown>

/** The states of second factors, where one is required. Each begins with the page that the one before left. */
export const secondFactorStates: readonly (readonly [string, Show])[] = [
  [
    'required-factor',
    async (world, page) => {
      await virtualAuthenticator(page)
      await page.goto(world.firstLink())
      const { textField, passwordField, button } = accountScreen(page)
      await textField('E-mail').fill('ann@todo.example')
      await passwordField.fill(password)
      await button('Make the account').click()
      await page.getByText('This server requires one.').waitFor()
    },
  ],
  [
    'new-passkey',
    async (_, page) => {
      const { button } = accountScreen(page)
      await button('Add a passkey').click()
      await button('Add the passkey').click()
      await page.getByText('Write a name').waitFor()
    },
  ],
  [
    'recovery-codes',
    async (_, page) => {
      const { button, textField } = accountScreen(page)
      await textField('Name of the passkey').fill('laptop')
      await button('Add the passkey').click()
      await textField('Recovery codes').waitFor()
    },
  ],
  [
    'two-factors',
    async (_, page) => {
      const { button, textField } = accountScreen(page)
      await button('Done').click()
      // The rest of the page is there now.
      await page.getByText('Delete the account').first().waitFor()
      await button('Set up an app for codes').click()
      await textField('Code of the app').fill(totpCode(await secretOn(page), step()))
      await button('Use this app').click()
      await page.getByText('The app is set up.').waitFor()
    },
  ],
  [
    'rename-question',
    async (_, page) => {
      await accountScreen(page).button('Rename laptop').click()
      await page.getByRole('dialog').waitFor()
    },
  ],
  [
    'proof-by-factors',
    async (world, page) => {
      const { button } = accountScreen(page)
      await button('Cancel').click()
      await world.leaveAlone()
      await button('Remove laptop').click()
      await button('Use a passkey').waitFor()
      await button('Continue').click()
      await page.getByText('Write your password.').waitFor()
    },
  ],
  [
    'second-step-or-passkey',
    async ({ url }, page) => {
      const { button, textField, passwordField } = accountScreen(page)
      await page.goto(`${url}/sign-in`)
      await textField('E-mail').fill('ann@todo.example')
      await passwordField.fill(password)
      await button('Sign in').click()
      await button('Use a passkey').waitFor()
    },
  ],
  [
    'factors-unreadable',
    async ({ url }, page) => {
      await page.route('**/api/auth/second-factors', (route) => route.abort())
      await page.goto(`${url}/account`)
      await page.getByText('cannot be shown now').waitFor()
    },
  ],
  [
    'reset-done',
    async ({ url }, page) => {
      await page.route('**/api/auth/reset', (route) => route.fulfill({ status: 204 }))
      await page.goto(`${url}/reset#token`)
      const { button, passwordField } = accountScreen(page)
      await passwordField.fill('another long one')
      await button('Set the password').click()
      await page.getByText('Your new password is set').waitFor()
    },
  ],
]

const step = () => Math.floor(Date.now() / 30_000)
