import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { sharedBrowser } from '../support/shared-browser.ts'

vi.setConfig({ testTimeout: 60_000 })

const patience = { timeout: 15_000 }

const source = readFileSync(
  fileURLToPath(new URL('../../../../apps/web/src/shell/service-worker.js', import.meta.url)),
  'utf8',
)

test('a new release is taken over, and an open tab of the old one keeps its files', async () => {
  await using site = await servedSite()
  const { context } = site
  const old = await context.newPage()
  await old.goto(site.url)
  await expect.poll(() => installed(old), patience).toEqual(['idem-page / 1'])

  site.answer = idem(2)
  const next = await context.newPage()
  await next.goto(site.url)
  expect(await next.title()).toBe('release 2')
  await expect.poll(() => installed(next), patience).toEqual(['idem-page / 1', 'idem-page / 2'])
  // The server has only the files of its release.
  expect(await old.evaluate(() => fetch('/_next/static/1.js').then((one) => one.text()))).toBe(
    startingScript(1),
  )

  await context.setOffline(true)
  await next.reload()
  expect(await next.title()).toBe('release 2')
})

test('a proxy that answers HTML for a script while the worker installs leaves no dead page', async () => {
  await using site = await servedSite()
  site.answer = (path) => (path === '/_next/static/1.js' ? html('<h1>Blocked</h1>') : idem(1)(path))
  const page = await site.context.newPage()
  await page.goto(site.url)
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.getRegistration('/').then(Boolean)))
    .toBe(false)
  expect(await page.evaluate(() => caches.keys())).toEqual([])

  site.answer = idem(1)
  await page.reload()
  await page.getByText('started').waitFor()
  await expect.poll(() => installed(page), patience).toEqual(['idem-page / 1'])
  await site.context.setOffline(true)
  await page.reload()
  await page.getByText('started').waitFor()
})

test.each([
  ['', 200, 0],
  [' that fails', 500, 0],
  [' that takes 5 s', 200, 5_000],
])(
  'another app%s at the same address shows its own page, icon and manifest, and the worker leaves',
  async (_, status, delayMs) => {
    await using site = await servedSite()
    const page = await site.context.newPage()
    await page.goto(site.url)
    await expect.poll(() => installed(page), patience).toEqual(['idem-page / 1'])

    site.answer = (path) => {
      if (path === '/') return { ...html('<title>other app</title>'), status, delayMs }
      return /icon|manifest/.test(path)
        ? html(`other ${path}`)
        : { ...html('nothing'), status: 404 }
    }
    await page.reload()
    expect(await page.title()).toBe('other app')
    for (const path of ['/icon.svg', '/manifest.webmanifest']) {
      const text = await page.evaluate((url) => fetch(url).then((one) => one.text()), path)
      expect(text).toBe(`other ${path}`)
    }
    await expect.poll(() => page.evaluate(() => caches.keys()), patience).toEqual([])
    await page.reload()
    const isLeft = () => page.evaluate(() => navigator.serviceWorker.getRegistration('/'))
    await expect.poll(isLeft, patience).toBeUndefined()
  },
)

/** The releases on the device, once no worker is about to take over. */
function installed(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { installing, waiting, active } =
      await navigator.serviceWorker.register('/service-worker.js')
    const isDone = installing === null && waiting === null && active?.state === 'activated'
    return isDone && navigator.serviceWorker.controller === active ? caches.keys() : []
  })
}

type Answer = {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
  readonly delayMs?: number
}

/** A site of one page with a script, an icon and a manifest, with the worker of the real page. */
function idem(release: number): (path: string) => Answer {
  const script = `/_next/static/${release}.js`
  const contents: Readonly<Record<string, string>> = {
    '/': `<title>release ${release}</title><body></body><script src="${script}"></script>`,
    [script]: startingScript(release),
    '/icon.svg': 'icon',
    '/manifest.webmanifest': '{}',
  }
  const worker = workerOf(release, contents)
  const headers = { 'idem-release': String(release) }
  return (path) => {
    const text = path === '/service-worker.js' ? worker : contents[path]
    const type = path === '/' ? 'text/html' : 'text/javascript'
    return { status: text === undefined ? 404 : 200, type, text: text ?? '', headers }
  }
}

function startingScript(release: number): string {
  return `document.body.append('started ${release}');
    navigator.serviceWorker.register('/service-worker.js').catch(() => undefined);
    navigator.serviceWorker.controller?.postMessage('started')`
}

function html(text: string): Answer {
  return { status: 200, type: 'text/html', text }
}

function workerOf(release: number, contents: Readonly<Record<string, string>>): string {
  const hashes = Object.entries(contents).map(([path, text]) => [
    path,
    createHash('sha256').update(text).digest('base64'),
  ])
  const files = JSON.stringify(Object.fromEntries(hashes))
  return `const base = ''\nconst release = ${release}\nconst files = ${files}\n${source}`
}

/** A server whose answers change, and a browser with a separate profile. */
async function servedSite() {
  const site = { answer: idem(1) }
  const server = createServer(({ url = '' }, response) => {
    const { status, type, text, headers, delayMs = 0 } = site.answer(url)
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers })
    setTimeout(() => response.end(text), delayMs)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const context = await (await sharedBrowser()).newContext()
  return Object.assign(site, {
    url: `http://127.0.0.1:${port}/`,
    context,
    async [Symbol.asyncDispose]() {
      await context.close()
      server.closeAllConnections()
      server.close()
    },
  })
}
