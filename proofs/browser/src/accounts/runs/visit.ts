import type { Device } from '../../runs/device.ts'
import { eventually } from '../../runs/eventually.ts'
import type { Run } from '../../runs/run.ts'
import { accountScreen } from '../../support/accounts-world.ts'
import { type TodoScreen, todoScreen } from '../../support/todo-screen.ts'
import type { AccountsServer, Person } from './accounts-server.ts'

/** The account in front of the device. */
export type Visit = {
  readonly people: Readonly<Record<Person, Run>>
  person: Person
  readonly server: AccountsServer
  /** Their session has ended, and the page still shows their list. */
  isExpired: boolean
}

/** All troubles end, because nobody can sign in or out without a server. */
async function calm({ server, device }: Run): Promise<void> {
  await device.setOffline(false)
  await server.restart()
  server.release()
}

/** Signs out, or leaves the page of an ended session; then this person signs in. */
export async function changeTo(visit: Visit, next: Person): Promise<void> {
  const before = visit.people[visit.person]
  await calm(before)
  const [tab, ...others] = before.tabs
  if (tab === undefined) throw new Error('Expected an open tab.')
  const isOut = visit.isExpired || (await isAtSignIn(visit))
  if (!isOut) await signOut(before, tab.screen)
  for (const { screen } of others) {
    // Another tab of the one who left leaves as well. A tab that is closed on its way may never close.
    if (!isOut) await screen.page.waitForURL((url) => url.pathname === '/sign-in')
    await screen.page.close()
  }
  before.tabs.splice(0)
  before.story.push(`${next} signs in${isOut ? ' after a session has ended' : ''}`)
  const { page } = tab.screen
  if (isOut) await page.goto(new URL('/sign-in', page.url()).href)
  await visit.server.signIn(page, next)
  const screen = todoScreen(page)
  // Signing out has removed the list from the device, so the next trouble must not come before it is there.
  await hasList(screen).waitFor({ state: 'attached' })
  visit.people[next].tabs.push({ screen, undoable: [] })
  Object.assign(visit, { person: next, isExpired: false })
}

/** The browser was killed before it had stored who is signed in. */
export async function isAtSignIn({ people, person }: Visit): Promise<boolean> {
  const [tab] = people[person].tabs
  if (tab === undefined) return false
  const { page } = tab.screen
  const wasKilled = people[person].trouble === 'a killed browser'
  const shown = await eventually({
    expected: 'the list or the page for signing in',
    read: async () => ({
      form: await page.locator('input[name="password"]').isVisible(),
      isOut: wasKilled && (await page.getByRole('link', { name: 'Sign in' }).isVisible()),
      // An empty list has no height, so it is not visible.
      list: (await (wasKilled ? hasList(tab.screen) : tab.screen.field).count()) > 0,
    }),
    is: ({ form, isOut, list }) => form || isOut || list,
  })
  return shown.form || shown.isOut
}

function hasList({ page, list }: TodoScreen) {
  return list.and(page.locator(':not([aria-busy="true"])'))
}

async function signOut({ story }: Run, { page }: TodoScreen): Promise<void> {
  story.push('signs out, and keeps what is not sent')
  const { button } = accountScreen(page)
  await button('Account').click()
  await button('Sign out').click()
  const keep = button('Keep on this device')
  await eventually({
    expected: 'the page for signing in',
    async read() {
      if (await keep.isVisible()) await keep.click({ timeout: 1_000 }).catch(() => undefined)
      return new URL(page.url()).pathname
    },
    is: (path) => path === '/sign-in',
  })
}

/** The session ends, as after thirty days; the browser keeps its cookie. */
export async function expire(visit: Visit, device: Device): Promise<void> {
  const run = visit.people[visit.person]
  await calm(run)
  run.story.push(`the session of ${visit.person} ends`)
  await device.endSession()
  visit.isExpired = true
}
