import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import { chromiumPath } from './chromium-path.ts'
import { todoScreen } from './todo-screen.ts'

/** A Chromium with its profile in a folder, started directly so that it can be killed by its pid. */
export async function launchOwnBrowser(folder: string) {
  const child = spawn(
    chromiumPath(),
    [
      '--headless',
      '--no-sandbox',
      '--no-first-run',
      '--remote-debugging-port=0',
      `--user-data-dir=${folder}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const browser = await chromium.connectOverCDP(await addressOf(child))
  const [context = await browser.newContext()] = browser.contexts()

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { context, kill, [Symbol.asyncDispose]: kill }
}

/** The same, with the page. */
export async function startOwnBrowser({ folder, url }: { folder: string; url: string }) {
  const browser = await launchOwnBrowser(folder)
  const page = await browser.context.newPage()
  await page.goto(url)
  return { ...browser, screen: todoScreen(page) }
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('Chromium was started without its error output.')
  for await (const line of createInterface(child.stderr)) {
    const address = /DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (address !== undefined) return address
  }
  throw new Error('Chromium exited before it printed its address.')
}
