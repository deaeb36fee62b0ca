import { totpCode } from '@idem/accounts/totp'
import { expect, test, vi } from 'vitest'
import { accountScreen, accountsWorld, password } from '../support/accounts-world.ts'
import { virtualAuthenticator } from '../support/virtual-authenticator.ts'

vi.setConfig({ testTimeout: 90_000 })

const email = 'ann@todo.example'

type World = Awaited<ReturnType<typeof accountsWorld>>

/** Ann, who has the first account, and what she does with her second factors. */
async function annOf(world: World) {
  const screen = accountScreen(await world.openPage())
  const { page, button, textField } = screen
  const authenticator = await virtualAuthenticator(page)
  return {
    ...screen,
    authenticator,
    said: (words: string) => page.getByRole('status').getByText(words).waitFor(),
    factors: page.getByRole('list', { name: 'Second factors' }).getByRole('listitem'),
    async addPasskey(name: string): Promise<void> {
      await button('Add a passkey').click()
      await textField('Name of the passkey').fill(name)
      await button('Add the passkey').click()
    },
    /** Shown once, with the first factor. */
    async recoveryCodes(): Promise<string[]> {
      const codes = (await textField('Recovery codes').inputValue()).split('\n')
      await button('Done').click()
      return codes
    },
    /** The secret on its way into an app. */
    async beginApp(opener: string): Promise<string> {
      await button(opener).click()
      const link = page.getByRole('link', { name: 'open it in an app on this device' })
      return new URL((await link.getAttribute('href')) ?? '').searchParams.get('secret') ?? ''
    },
    async leave(): Promise<void> {
      await page.goto(world.url)
      await screen.signOut()
      await page.waitForURL('**/sign-in')
    },
    async givePassword(): Promise<void> {
      await textField('E-mail').fill(email)
      await screen.passwordField.fill(password)
      await button('Sign in').click()
    },
    inList: () => page.waitForURL((url) => url.pathname === '/'),
  }
}

/** What an app shows whose clock is off by so many seconds. */
const codeOf = (secret: string, offBySeconds = 0) =>
  totpCode(secret, Math.floor((Date.now() / 1000 + offBySeconds) / 30))

test('a passkey is registered, stands in for the password, signs in alone and never without its PIN, is lost, and its account recovered', async () => {
  await using world = await accountsWorld({ host: 'localhost' })
  const ann = await annOf(world)
  const { page, button, textField, authenticator } = ann
  await ann.claim(world.firstLink(), email)
  await page.goto(`${world.url}/account`)
  await ann.addPasskey('laptop')
  await ann.recoveryCodes()
  await world.leaveAlone()
  await button('Make new recovery codes').click()
  await page.getByRole('dialog', { name: 'Is it you?' }).waitFor()
  await button('Use a passkey').click()
  const [code = ''] = await ann.recoveryCodes()
  await button('Rename laptop').click()
  await textField('Name of the passkey').fill('desk')
  await button('Rename').click()
  await expect.poll(() => ann.factors.allTextContents()).toEqual([expect.stringMatching(/^desk/)])

  await ann.leave()
  await button('Sign in with a passkey').click()
  await ann.inList()
  const [signatures = 0] = await authenticator.signatures()
  expect(signatures).toBeGreaterThan(1)

  await ann.leave()
  await authenticator.verify(false)
  await button('Sign in with a passkey').click()
  await page.getByText('No passkey was used.').waitFor()
  await authenticator.verify(true)
  await ann.givePassword()
  await button('Use a passkey').click()
  await ann.inList()

  await ann.leave()
  await authenticator.lose()
  await ann.givePassword()
  await textField('Recovery code').fill(code)
  await button('Sign in').click()
  await ann.inList()
  await page.goto(`${world.url}/account`)
  await button('Remove desk').click()
  await ann.said('desk is removed.')
  await ann.leave()
  await ann.signIn(email)
})

test('where a second factor is required it is set up first, and an app whose clock is off by 40 seconds will do', async () => {
  await using world = await accountsWorld({
    host: 'localhost',
    variables: { IDEM_REQUIRE_SECOND_FACTOR: 'true' },
  })
  const ann = await annOf(world)
  const { page, button, textField } = ann
  await page.goto(world.firstLink())
  await textField('E-mail').fill(email)
  await ann.passwordField.fill(password)
  await button('Make the account').click()
  await page.getByText('This server requires one.').waitFor()
  expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Second factor'])
  await page.goto(world.url)
  await ann.status.getByText('Signed out').waitFor()

  await page.goto(`${world.url}/sign-in`)
  await ann.givePassword()
  const secret = await ann.beginApp('Set up an app for codes')
  await textField('Code of the app').fill(codeOf(secret, -40))
  await button('Use this app').click()
  const [recoveryCode = ''] = await ann.recoveryCodes()
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
  expect(await button('Remove the app for codes').count()).toBe(0)
  await world.leaveAlone()
  await button('Make new recovery codes').click()
  await textField('Code').fill('ABCDEF')
  await ann.passwordField.fill(password)
  await button('Continue').click()
  await page.getByText('This code is wrong, or was used before.').waitFor()
  await textField('Code').fill(recoveryCode)
  await button('Continue').click()
  expect(await ann.recoveryCodes()).not.toContain(recoveryCode)

  const code = codeOf(secret, 40)
  for (const isFirst of [true, false]) {
    await ann.leave()
    await ann.givePassword()
    await textField('Code').fill(code)
    await button('Sign in').click()
    if (isFirst) await ann.inList()
  }
  await page.getByText('This code is wrong, or was used before.').waitFor()
  expect(new URL(page.url()).pathname).toBe('/sign-in')
})
