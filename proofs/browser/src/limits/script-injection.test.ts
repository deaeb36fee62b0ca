import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Each inserts this into the document, as a vulnerability of the page would allow. */
const injected = {
  'a script': (mark: string) => {
    const script = document.createElement('script')
    script.textContent = mark
    document.body.append(script)
  },
  'a handler in an attribute': (mark: string) => {
    document.body.insertAdjacentHTML('beforeend', `<img src="/nothing.png" onerror="${mark}">`)
  },
  'a script of another site': (mark: string) => {
    const script = document.createElement('script')
    script.src = `data:text/javascript,${mark}`
    document.body.append(script)
  },
  'a link that is a script': (mark: string) => {
    document.body.insertAdjacentHTML('beforeend', `<a id="trap" href="javascript:${mark}">x</a>`)
    document.getElementById('trap')?.click()
  },
  'a page within the page': (mark: string) => {
    const frame = document.createElement('iframe')
    frame.srcdoc = `<script>${mark.replace('document', 'parent.document')}</script>`
    document.body.append(frame)
  },
}

const mark = "void(document.title='taken')"

test('an injected script does not run, with any way of injection', async () => {
  await using world = await browserWorld()
  const { page } = world.screen
  const title = await page.title()
  for (const inject of Object.values(injected)) {
    const refused = page.waitForEvent('console', (message) =>
      message.text().includes('Content Security Policy'),
    )
    await page.evaluate(inject, mark)
    await refused
    expect(await page.title()).toBe(title)
  }
})

test('without the policy each of these injections runs', async () => {
  await using world = await browserWorld({ bypassCSP: true })
  const { page } = world.screen
  for (const inject of Object.values(injected)) {
    await page.evaluate(() => {
      document.title = 'ours'
    })
    await page.evaluate(inject, mark)
    await expect.poll(() => page.title(), { timeout: 5_000 }).toBe('taken')
  }
})
