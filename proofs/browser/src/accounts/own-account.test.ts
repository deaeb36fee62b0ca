import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { accountScreen, accountsWorld, password } from '../support/accounts-world.ts'

vi.setConfig({ testTimeout: 90_000 })

/** Ann, who has the first account, at its page. */
async function annAtHerAccount() {
  await using starting = new AsyncDisposableStack()
  const world = starting.use(await accountsWorld())
  const screen = accountScreen(await world.openPage('/account'))
  // Nobody is signed in.
  await screen.page.waitForURL('**/sign-in')
  await screen.claim(world.firstLink(), 'ann@todo.example')
  await screen.add('Buy milk')
  await screen.saved()
  await screen.button('Account').click()
  await screen.page.getByRole('link', { name: 'Manage the account' }).click()
  await screen.page.waitForURL('**/account')
  const running = starting.move()
  const { page } = screen
  return {
    world,
    screen,
    rows: (list: string) => page.getByRole('list', { name: list }).getByRole('listitem'),
    said: (words: string) => page.getByRole('status').getByText(words).waitFor(),
    /** The name of what has the focus. */
    focused: () => page.evaluate(focusedName),
    async prove(given = password) {
      const dialog = page.getByRole('dialog', { name: 'Is it you?' })
      await dialog.locator('input[name="password"]').fill(given)
      await dialog.getByRole('button', { name: 'Continue' }).click()
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Runs in the page. */
function focusedName(): string | null | undefined {
  const it = document.activeElement
  return it?.getAttribute('aria-label') ?? (it?.textContent || it?.getAttribute('name'))
}

test('a person changes the own name and password, and a device that is signed out is gone at once', async () => {
  await using it = await annAtHerAccount()
  const { world, screen, rows, said } = it
  const name = screen.textField('Name (optional)')
  await name.fill('Ann')
  await screen.button('Save the name').click()
  await said('The name is saved.')

  const [lost, other, third] = [
    await world.signInElsewhere('ann@todo.example'),
    await world.signInElsewhere('ann@todo.example'),
    await world.signInElsewhere('ann@todo.example'),
  ]
  await screen.page.reload()
  await expect.poll(() => name.inputValue()).toBe('Ann')
  expect(await rows('Devices').allTextContents()).toEqual([
    expect.stringMatching(/^Chrome on Linux.*This device/),
    ...Array.from({ length: 3 }, () => expect.stringMatching(/^Safari on iPhone.*Last used today/)),
  ])
  await rows('Devices').last().getByRole('button').press('Enter')
  await said('Safari on iPhone is signed out.')
  await expect.poll(() => rows('Devices').count()).toBe(3)
  expect(await it.focused()).toMatch(/^Sign out Safari on iPhone/)
  expect([await lost(), await other(), await third()].toSorted()).toEqual([200, 200, 401])
  await screen.button('Sign out all other devices').click()
  await said('All other devices are signed out.')
  expect([await lost(), await other(), await third()]).toEqual([401, 401, 401])
  expect(await rows('Devices').count()).toBe(1)

  const again = await world.signInElsewhere('ann@todo.example')
  const change = async (current: string, next: string) => {
    await screen.page.locator('input[name="current"]').fill(current)
    await screen.passwordField.fill(next)
    await screen.button('Set the new password').click()
  }
  await screen.button('Change the password').click()
  await change('not her password', 'another long phrase')
  await screen.page.getByText('The present password is wrong.').waitFor()
  await change(password, 'passwordpassword')
  await screen.page.getByText('This password is easy to guess').waitFor()
  await change(password, 'another long phrase')
  await said('The new password is set')
  expect(await it.focused()).toBe('Change the password')
  expect(await again()).toBe(401)
  await screen.page.getByRole('link', { name: 'Todos' }).click()
  await screen.row('Buy milk').waitFor()
  await screen.signOut()
  await screen.textField('E-mail').fill('ann@todo.example')
  await screen.passwordField.fill('another long phrase')
  await screen.button('Sign in').click()
  await screen.row('Buy milk').waitFor()
})

test('a device that was left alone asks for the password; an account makes keys, exports, invites and is deleted', async () => {
  await using it = await annAtHerAccount()
  const { world, screen, rows, said } = it
  await world.leaveAlone()
  await screen.button('Make a key').click()
  await screen.textField('Name of the key').fill('backup')
  await screen.button('Make the key').click()
  await screen.page.getByRole('dialog').waitFor()
  await screen.page.keyboard.press('Escape')
  await screen.page.getByText('Nothing was changed.').waitFor()
  expect(await it.focused()).toBe('Make the key')
  expect(await rows('API keys').count()).toBe(0)

  await screen.button('Make the key').click()
  await it.prove('not her password')
  await screen.page.getByText('The password is wrong.').waitFor()
  await it.prove()
  await said('The key is made.')
  const field = screen.textField('The new key')
  const key = await field.inputValue()
  expect(await field.evaluate((field) => field === document.activeElement)).toBe(true)
  const use = () => fetch(`${world.url}/todos`, { headers: { authorization: `Bearer ${key}` } })
  expect((await use()).status).toBe(200)
  await screen.button('Done').click()
  expect(await it.focused()).toBe('Make a key')
  expect(await screen.page.content()).not.toContain(key)

  await screen.button('Revoke backup').click()
  await screen.button('Cancel').click()
  expect(await it.focused()).toBe('Revoke backup')
  await screen.button('Revoke backup').click()
  await screen.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await said('backup is revoked.')
  expect((await use()).status).toBe(401)
  expect(await it.focused()).toBe('API keys')

  const downloading = screen.page.waitForEvent('download')
  await screen.button('Download the todos').click()
  const file = await (await downloading).path()
  expect(JSON.parse(await readFile(file, 'utf8')).todos).toMatchObject([{ title: 'Buy milk' }])
  await screen.button('Make a link').click()
  await said('The link is made.')
  const link = await screen.textField('The link').inputValue()
  await screen.button('Done').click()
  await screen.button('Make a link').click()
  await expect.poll(() => rows('Open links').count()).toBe(2)
  const withdrawn = await screen.textField('The link').inputValue()
  await screen.button('Done').click()
  expect(await rows('Open links').allTextContents()).toEqual(
    Array.from({ length: 2 }, () => expect.stringMatching(/^Made today .* by you.*in 3 days/)),
  )
  await rows('Open links').first().getByRole('button').press('Enter')
  await said('The link is withdrawn.')
  await expect.poll(() => rows('Open links').count()).toBe(1)
  expect(await it.focused()).toMatch(/^Withdraw the link: Made today/)

  await screen.button('Delete the account').click()
  await screen.page.getByRole('dialog').getByRole('button', { name: 'Delete the account' }).click()
  await screen.page.waitForURL('**/sign-in')
  await expect.poll(() => screen.page.evaluate(leftOnDevice)).toEqual([])
  await screen.textField('E-mail').fill('ann@todo.example')
  await screen.passwordField.fill(password)
  await screen.button('Sign in').click()
  await screen.page.getByText('address or the password is wrong').waitFor()

  await screen.page.goto(withdrawn)
  await screen.textField('E-mail').fill('bob@todo.example')
  await screen.passwordField.fill(password)
  await screen.button('Make the account').click()
  await screen.page.getByText('This link does not work any more').waitFor()
  await screen.claim(link, 'bob@todo.example')
  await screen.page.goto(`${world.url}/account`)
  await screen.page.getByText('bob@todo.example').waitFor()
  expect(await screen.page.getByRole('heading').allTextContents()).not.toContain('Invite')
})

/** Runs in the page. */
async function leftOnDevice(): Promise<(string | undefined)[]> {
  const databases = (await indexedDB.databases()).map(({ name }) => name)
  return [...databases, ...Object.keys(localStorage).filter((name) => name.endsWith(' account'))]
}
