import type { Browser, ConsoleMessage } from 'playwright-core'
import { launchOwnBrowser } from '../support/browser-process.ts'
import { type TodoScreen, todoScreen } from '../support/todo-screen.ts'

export type Device = Awaited<ReturnType<typeof openDevice>>

type DeviceSettings = {
  readonly url: string
  /** A separate profile in this browser process. Without one the device starts its own, which can be killed. */
  readonly browser: Browser | undefined
  /** The folder of the profile of its own browser. */
  readonly folder: string
  readonly clockErrorMs: number
}

/** For a busy machine. */
const patienceMs = 30_000
/** High enough that the toast of Undo covers no row. */
const viewport = { width: 640, height: 1_100 }

/** The browser of a person: its tabs, its network, its clock and its storage. */
export async function openDevice({ url, browser, folder, clockErrorMs }: DeviceSettings) {
  const errors: string[] = []
  let clockMs = clockErrorMs
  let { context, close } = await start()

  async function start() {
    const own = browser === undefined ? await launchOwnBrowser(folder) : undefined
    const started =
      own?.context ?? (await browser?.newContext({ viewport, reducedMotion: 'reduce' }))
    if (started === undefined) throw new Error('Expected a browser.')
    started.setDefaultTimeout(patienceMs)
    started.on('console', report)
    started.on('weberror', (error) => errors.push(String(error.error())))
    await started.addInitScript(shiftClock, clockMs)
    return { context: started, close: own?.kill ?? (() => started.close()) }
  }

  function report(message: ConsoleMessage): void {
    const isUnusual = ['error', 'warning'].includes(message.type())
    // The browser's own message about a failed request, of which a run has many.
    if (isUnusual && !message.text().startsWith('Failed to load resource')) {
      errors.push(message.text())
    }
  }

  async function open(): Promise<TodoScreen> {
    const page = await context.newPage()
    await page.setViewportSize(viewport)
    await page.goto(url)
    return todoScreen(page)
  }

  return {
    errors,
    open,
    setOffline: (isOffline: boolean) => context.setOffline(isOffline),

    /** Opens the page for the first time: its files are on the device afterwards. */
    async install(): Promise<TodoScreen> {
      const screen = await open()
      await screen.saved()
      await screen.page.waitForFunction(isInstalled)
      return screen
    },

    /** The text of each open page, and what the browser printed, for a failed run. */
    async report(): Promise<string> {
      const texts = context
        .pages()
        .map((page) => page.locator('body').ariaSnapshot({ timeout: 2_000 }))
      const shown = await Promise.allSettled(texts)
      return JSON.stringify({ shown, errors })
    },

    /** The clock is set, and the open pages notice that a person looks at them again. */
    async setClock(byMs: number): Promise<void> {
      clockMs = byMs
      await context.addInitScript(shiftClock, byMs)
      for (const page of context.pages()) await page.evaluate(shiftClock, byMs)
    },

    /** Like a person who clears the site's data in the settings of the browser. */
    async clearStorage({ page }: TodoScreen): Promise<void> {
      const devtools = await context.newCDPSession(page)
      const origin = new URL(url).origin
      await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
      await devtools.detach()
    },

    /** The session of the signed-in account ends on the server, and the browser keeps its cookie. */
    async endSession(): Promise<void> {
      const cookies = await context.cookies()
      const [page] = context.pages().filter((one) => one.url().startsWith(url))
      await page?.evaluate(signOutUnnoticed)
      await context.addCookies(cookies)
    },

    /** Ends the browser process by SIGKILL and starts it again on the same profile. */
    async crash(): Promise<void> {
      await close()
      const again = await start()
      context = again.context
      close = again.close
    },

    [Symbol.asyncDispose]: () => close(),
  }
}

/** Runs in the page. */
function isInstalled(): boolean {
  return navigator.serviceWorker.controller?.state === 'activated'
}

/** Runs in the page, which does not notice it. */
async function signOutUnnoticed(): Promise<void> {
  const account =
    localStorage.getItem(`todos ${document.documentElement.dataset.installation} account`) ??
    'local'
  const headers = { 'idem-account': account }
  const { status } = await fetch('/api/auth/sign-out', { method: 'POST', headers })
  if (status !== 204) throw new Error(`Expected the end of a session, received ${status}.`)
}

/** Runs in the page: from now on its clock is off by so many milliseconds. Timers are not affected. */
function shiftClock(byMs: number): void {
  const clock = globalThis as typeof globalThis & { clockErrorMs?: number }
  const isShifted = clock.clockErrorMs !== undefined
  clock.clockErrorMs = byMs
  if (isShifted) return
  const RealDate = Date
  const now = () => RealDate.now() + (clock.clockErrorMs ?? 0)
  clock.Date = new Proxy(RealDate, {
    construct: (target, [first = now(), ...rest]) => Reflect.construct(target, [first, ...rest]),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}
