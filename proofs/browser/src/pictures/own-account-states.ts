import { totpCode } from '@idem/accounts/totp'
import type { Page } from 'playwright-core'
import { accountScreen, type accountsWorld, password } from '../support/accounts-world.ts'

type World = Awaited<ReturnType<typeof accountsWorld>>
type Show = (world: World, page: Page) => Promise<unknown>

/** The states of the page of the own account. The first one signs in again on two devices. */
export const ownAccountStates: readonly (readonly [string, Show])[] = [
  [
    'own-account',
    async (world, page) => {
      await world.signInElsewhere('ann@todo.example')
      await world.signInElsewhere('ann@todo.example')
      await page.goto(`${world.url}/sign-in`)
      const screen = accountScreen(page)
      await screen.signIn('ann@todo.example')
      await page.goto(`${world.url}/account`)
      await page.getByText('Delete the account').first().waitFor()
    },
  ],
  [
    'proof',
    async (world, page) => {
      const { button, textField, passwordField } = accountScreen(page)
      await world.leaveAlone()
      await button('Make a key').click()
      await textField('Name of the key').fill('backup script')
      await button('Make the key').click()
      await passwordField.fill('not her password')
      await button('Continue').click()
      await page.getByText('The password is wrong.').waitFor()
    },
  ],
  [
    'shown-once',
    async (_, page) => {
      const { button, passwordField } = accountScreen(page)
      await passwordField.fill(password)
      await button('Continue').click()
      await page.getByText('The key is made.').waitFor()
      await button('Make a link').click()
      await page.getByText('The link is made.').waitFor()
      await button('Change the password').click()
      await button('Set the new password').click()
      await page.getByText('Write your password.').waitFor()
    },
  ],
  [
    'delete-question',
    async (_, page) => {
      await accountScreen(page).button('Delete the account').click()
      await page.getByText('Nothing brings them back.').waitFor()
    },
  ],
  [
    'second-factor',
    async ({ url }, page) => {
      const { button, textField } = accountScreen(page)
      await page.goto(`${url}/account`)
      await button('Set up an app for codes').click()
      await page.getByRole('img', { name: 'QR code' }).waitFor()
      await textField('Code of the app').fill('12345')
      await button('Use this app').click()
      await page.getByText('Write the six digits.').waitFor()
    },
  ],
  [
    'second-step',
    async ({ url }, page) => {
      const { button, textField, passwordField } = accountScreen(page)
      await textField('Code of the app').fill(totpCode(await secretOn(page), step()))
      await button('Use this app').click()
      await textField('Recovery codes').waitFor()
      await page.goto(`${url}/sign-in`)
      await textField('E-mail').fill('ann@todo.example')
      await passwordField.fill(password)
      await button('Sign in').click()
      await textField('Code').fill('ABCDEF')
      await button('Sign in').click()
      await page.getByText('This code is wrong').waitFor()
    },
  ],
  [
    'account-unreachable',
    async ({ url }, page) => {
      await page.route('**/api/auth/account', (route) => route.abort())
      await page.goto(`${url}/account`)
      await page.getByText('cannot be reached').waitFor()
    },
  ],
]

const step = () => Math.floor(Date.now() / 30_000)

/** The secret on its way into an app. */
export async function secretOn(page: Page): Promise<string> {
  const link = await page.locator('a[href^="otpauth:"]').getAttribute('href')
  return new URL(link ?? '').searchParams.get('secret') ?? ''
}
