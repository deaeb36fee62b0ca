import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { accountScreen, accountsWorld, password } from '../support/accounts-world.ts'

vi.setConfig({ testTimeout: 90_000 })

test('an entry that was committed before its session ended is sent again under its key after signing in', async () => {
  await using world = await accountsWorld()
  const { proxy } = world
  const screen = accountScreen(await world.openPage('/'))
  await screen.page.waitForURL('**/sign-in')
  await screen.claim(world.firstLink(), 'ann@todo.example')
  expect(screen.page.url()).toBe(`${world.url}/`)

  const [lost, again] = [proxy.next('createTodo', 'cut_midway'), proxy.next('createTodo', 'hold')]
  await screen.add('Buy milk')
  await lost.struck
  await again.struck
  await screen.field.fill('Buy bre')
  await world.endSessions()
  await again.release()
  await screen.status.getByText('Signed out. Sign in to send 1 change.').waitFor()
  await screen.row('Buy milk').waitFor()

  await screen.page.getByRole('link', { name: 'Sign in' }).click()
  await screen.page.getByText('1 change waits on this device.').waitFor()
  await screen.signIn('ann@todo.example')
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await screen.field.inputValue()).toBe('Buy bre')
  expect(await world.effects()).toEqual(['made Buy milk'])
})

const refusing = { status: 503, body: '' }

test('an entry that one account leaves unsent is neither shown to nor sent by another, and goes out once when it is back', async () => {
  await using world = await accountsWorld()
  const { proxy } = world
  const screen = accountScreen(await world.openPage())
  await screen.claim(world.firstLink(), 'ann@todo.example')
  const invite = await world.inviteLink()
  await screen.add('Buy milk')
  await screen.saved()
  proxy.always('createTodo', refusing)
  await screen.add('Buy tea')
  await screen.row('Buy tea').getByText('Waiting').waitFor()
  await screen.field.fill('Buy bre')
  await screen.page.getByRole('searchbox').fill('Buy')

  await screen.signOut()
  await screen.page.getByText('1 change is not sent yet.').waitFor()
  await screen.button('Keep on this device').click()
  await screen.page.getByText('1 change waits on this device.').waitFor()
  proxy.always('createTodo', undefined)

  await screen.claim(invite, 'bob@todo.example')
  expect(screen.page.url()).toBe(`${world.url}/`)
  await screen.page.getByText('Nothing to do.').waitFor()
  expect(await screen.field.inputValue()).toBe('')
  await screen.field.fill('Bob’s draft')
  await screen.button('Sync details').click()
  await screen.page.getByText('1 change of another account waits on this device').waitFor()
  expect(await screen.page.locator('body').textContent()).not.toMatch(/Buy/)
  expect(await world.effects()).toEqual(['made Buy milk'])

  await screen.signOut()
  await screen.signIn('ann@todo.example')
  await screen.saved()
  expect((await screen.titles()).toSorted()).toEqual(['Buy milk', 'Buy tea'])
  expect(await screen.field.inputValue()).toBe('Buy bre')
  expect(await world.effects()).toEqual(['made Buy milk', 'made Buy tea'])
})

test('an entry that is discarded at signing out is not sent, and nothing of the list stays on the device', async () => {
  await using world = await accountsWorld()
  const { proxy } = world
  const screen = accountScreen(await world.openPage())
  await screen.claim(world.firstLink(), 'ann@todo.example')
  await screen.add('Buy milk')
  await screen.saved()
  proxy.always('createTodo', refusing)
  await screen.add('Buy tea')
  await screen.row('Buy tea').getByText('Waiting').waitFor()
  await screen.signOut()
  await screen.button('Cancel').click()
  await screen.button('Sign out').click()
  await screen.button('Discard').click()
  await screen.page.waitForURL('**/sign-in')
  await expect.poll(() => screen.page.evaluate(databaseNames)).toEqual([])
  proxy.always('createTodo', undefined)
  await screen.signIn('ann@todo.example')
  await screen.saved()
  expect(await screen.titles()).toEqual(['Buy milk'])
  expect(await world.effects()).toEqual(['made Buy milk'])
})

test('a lost network signs nobody out, and nothing is discarded', async () => {
  await using world = await accountsWorld()
  const screen = accountScreen(await world.openPage())
  await screen.claim(world.firstLink(), 'ann@todo.example')
  await screen.button('Account').click()
  await screen.page.getByText('ann@todo.example').waitFor()
  await world.context.setOffline(true)
  await screen.add('Buy tea')
  await screen.row('Buy tea').getByText('Waiting').waitFor()
  await screen.button('Sign out').click()
  await screen.button('Discard').click()
  await screen.page.getByText('Signing out needs the network').waitFor()
  await world.context.setOffline(false)
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy tea'])
})

test('the way out stays where it is when the panel learns who is signed in', async () => {
  await using world = await accountsWorld()
  const screen = accountScreen(await world.openPage())
  await screen.claim(world.firstLink(), 'ann@todo.example')
  const asked = Promise.withResolvers<void>()
  await screen.page.route('**/api/auth/session', async (route) => {
    await asked.promise
    await route.continue()
  })
  await screen.button('Account').click()
  const before = await screen.button('Sign out').boundingBox()
  asked.resolve()
  await screen.page.getByText('ann@todo.example').waitFor()
  expect(await screen.button('Sign out').boundingBox()).toEqual(before)
})

test('a tab of one account ends its work, and keeps its draft, when another account signs in beside it', async () => {
  await using world = await accountsWorld()
  const { proxy } = world
  const ann = accountScreen(await world.openPage())
  await ann.claim(world.firstLink(), 'ann@todo.example')
  const invite = await world.inviteLink()
  proxy.always('createTodo', refusing)
  await ann.add('Buy tea')
  await ann.row('Buy tea').getByText('Waiting').waitFor()
  await ann.field.fill('Buy bre')

  const bob = accountScreen(await world.openPage())
  await bob.claim(invite, 'bob@todo.example')
  await ann.page.getByText('Nothing to do.').waitFor()
  proxy.always('createTodo', undefined)
  await ann.add('Bob’s todo')
  await expect.poll(() => world.effects()).toEqual(['made Bob’s todo'])

  await bob.signOut()
  await bob.signIn('ann@todo.example')
  await bob.saved()
  await ann.row('Buy tea').waitFor()
  await expect.poll(() => ann.field.inputValue()).toBe('Buy bre')
  expect(await world.effects()).toEqual(['made Bob’s todo', 'made Buy tea'])
})

test('a device without an account is led to the page for signing in by one navigation, also when it is slow', async () => {
  await using world = await accountsWorld()
  const page = await world.context.newPage()
  let asked = 0
  await page.route('**/sign-in', async (route) => {
    asked += 1
    await pause(1_000)
    // A further navigation has cancelled this one.
    await route.continue().catch(() => undefined)
  })
  await page.goto(world.url, { waitUntil: 'commit' })
  await page.waitForURL('**/sign-in')
  expect(asked).toBe(1)
})

test('an account opens its list without a network, and without an account there is none', async () => {
  await using world = await accountsWorld()
  const screen = accountScreen(await world.openPage())
  await screen.claim(world.firstLink(), 'ann@todo.example')
  await screen.add('Buy milk')
  await screen.saved()
  await screen.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await screen.page.reload()
  await screen.saved()
  await world.context.setOffline(true)
  await screen.page.reload()
  await screen.row('Buy milk').waitFor()
  await world.context.setOffline(false)
  const kept = () => screen.page.evaluate(cachedPaths)
  expect((await kept()).filter((path) => /api|sign-in$|invite$|reset$/.test(path))).toEqual([])
})

test('an entry from before sign-in is counted where it waits, and the first account sends it under its key', async () => {
  await using world = await accountsWorld()
  const screen = accountScreen(await world.openPage('/', world.localUrl))
  await screen.page.waitForURL('**/sign-in')
  await screen.page.evaluate(storeEntry)
  await screen.page.reload()
  await screen.page.getByText('1 change waits on this device.').waitFor()
  const { hash } = new URL(world.firstLink())
  await screen.claim(`${world.localUrl}/invite${hash}`, 'ann@todo.example')
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk'])
  expect(world.proxy.requests()).toBe(0)
})

/** Runs in the page. */
async function databaseNames(): Promise<(string | undefined)[]> {
  return (await indexedDB.databases()).map(({ name }) => name)
}

/** Runs in the page. */
async function cachedPaths(): Promise<string[]> {
  const names = await caches.keys()
  const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
  return requests.flat().map(({ url }) => new URL(url).pathname)
}

/** Runs in the page: an add of a page without sign-in that has not left the device. */
function storeEntry(): Promise<void> {
  return new Promise((resolve, reject) => {
    const { installation } = document.documentElement.dataset
    const opening = indexedDB.open(`idem-outbox-todos ${installation}`, 1)
    opening.onupgradeneeded = () => {
      const { result } = opening
      const entries = result.createObjectStore('entries', { keyPath: 'seq', autoIncrement: true })
      entries.createIndex('id', 'id', { unique: true })
      entries.createIndex('orderingKey', 'orderingKey')
      result.createObjectStore('outcomes', { keyPath: 'orderingKey' })
      result.createObjectStore('notes').put('1', 'outbox incarnation')
      const now = Date.now()
      const uuid = (last: string) =>
        `${now
          .toString(16)
          .padStart(12, '0')
          .replace(/(.{8})(.{4})/, '$1-$2')}-7000-8000-00000000000${last}`
      const id = uuid('1')
      const key = uuid('2')
      entries.put({
        ...{ schema: 1, id: key, key, orderingKey: id, account: 'local', addedAt: now },
        ...{ attempts: 0, reminted: false, isDiscarding: false, isUnknown: false },
        intent: { v: 1, operation: 'createTodo', id, title: 'Buy milk', completed: false },
        status: { state: 'queued' },
      })
    }
    opening.onsuccess = () => {
      opening.result.close()
      resolve()
    }
    opening.onerror = () => reject(opening.error)
  })
}

test('a password is masked and may be pasted, one that many people have is refused in words, and a link leaves the address bar', async () => {
  await using world = await accountsWorld()
  const screen = accountScreen(await world.openPage())
  const { page, passwordField, button } = screen
  await page.goto(world.firstLink())
  await screen.textField('E-mail').fill('ann@todo.example')
  expect(page.url()).toBe(`${world.url}/invite`)
  expect(await passwordField.getAttribute('type')).toBe('password')

  const paste = async (text: string) => {
    await world.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.evaluate((text) => navigator.clipboard.writeText(text), text)
    await passwordField.fill('')
    await passwordField.press('Control+V')
    expect(await passwordField.inputValue()).toBe(text)
  }
  await paste('qwertyqwerty')
  await button('Make the account').click()
  await page.getByText('This password is easy to guess').waitFor()
  await paste(password)
  await button('Make the account').click()
  await page.waitForURL((url) => url.pathname === '/')
})
