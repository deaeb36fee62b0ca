import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { chromiumPath } from '../support/chromium-path.ts'

vi.setConfig({ testTimeout: 60_000 })

const patience = { timeout: 10_000 }

const source = readFileSync(
  fileURLToPath(new URL('../../../../apps/web/src/shell/service-worker.js', import.meta.url)),
  'utf8',
)

test('a new release is taken over, and an open tab of the old one keeps its files', async () => {
  await using site = await releasedSite()
  await using browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox'],
  })
  const context = await browser.newContext()
  const old = await context.newPage()
  await old.goto(site.url)
  await expect.poll(() => installed(old), patience).toEqual(['idem-page-1'])

  site.release = 2
  const next = await context.newPage()
  await next.goto(site.url)
  expect(await next.title()).toBe('release 2')
  await expect.poll(() => installed(next), patience).toEqual(['idem-page-1', 'idem-page-2'])
  // The server has only the files of its release.
  expect(await old.evaluate(() => fetch('/_next/static/1.js').then((one) => one.text()))).toBe('1')

  await context.setOffline(true)
  await next.reload()
  expect(await next.title()).toBe('release 2')
})

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof chromium.launch>>['newPage']>>

/** The releases on the device, once no worker is about to take over. */
function installed(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { installing, waiting, active } =
      await navigator.serviceWorker.register('/service-worker.js')
    const isDone = installing === null && waiting === null && active?.state === 'activated'
    return isDone && navigator.serviceWorker.controller === active ? caches.keys() : []
  })
}

/** A site of one page and one file, with the worker of the real page. */
async function releasedSite() {
  const site = { release: 1 }
  const server = createServer(({ url }, response) => {
    const { release } = site
    const path = `/_next/static/${release}.js`
    const files = new Map([
      ['/', `<title>release ${release}</title><script src="${path}"></script>`],
      [path, String(release)],
      ['/service-worker.js', workerOf(release, ['/', path])],
    ])
    const text = files.get(url ?? '')
    const type = url === '/' ? 'text/html' : 'text/javascript'
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': type,
      'cache-control': 'no-store',
    })
    response.end(text)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(site, {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  })
}

function workerOf(release: number, files: readonly string[]): string {
  return `const release = ${release}\nconst files = ${JSON.stringify(files)}\n${source}`
}
