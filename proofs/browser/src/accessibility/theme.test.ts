import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('the theme follows the system, and a choice overrides it before the first paint', async () => {
  await using world = await browserWorld({ colorScheme: 'dark' })
  const { page } = world.screen
  const theme = page.getByRole('combobox', { name: 'Theme' })
  expect(await brightness(page)).toBeLessThan(0.3)
  await theme.selectOption('Light')
  expect(await brightness(page)).toBeGreaterThan(0.9)
  await page.addInitScript(watchFirstColours)
  await page.reload()
  await world.screen.saved()
  expect(await page.evaluate('firstScheme')).toBe('light')
  expect(await theme.inputValue()).toBe('light')
  await theme.selectOption('System')
  expect(await brightness(page)).toBeLessThan(0.3)
  await page.emulateMedia({ colorScheme: 'light' })
  expect(await brightness(page)).toBeGreaterThan(0.9)
})

test('the colour around the page follows the choice too', async () => {
  await using world = await browserWorld({ colorScheme: 'dark' })
  const { page } = world.screen
  const theme = page.getByRole('combobox', { name: 'Theme' })
  const ofSystem = await page.evaluate(themeColour)
  await theme.selectOption('Light')
  const chosen = await page.evaluate(themeColour)
  expect(chosen).not.toBe(ofSystem)
  await page.reload()
  await world.screen.saved()
  expect(await page.evaluate(themeColour)).toBe(chosen)
  await theme.selectOption('System')
  expect(await page.evaluate(themeColour)).toBe(ofSystem)
  await page.emulateMedia({ colorScheme: 'light' })
  expect(await page.evaluate(themeColour)).toBe(chosen)
})

type Page = Awaited<ReturnType<typeof browserWorld>>['screen']['page']

/** The brightness of the ground, 0 to 1. */
function brightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d')
    if (context === null) throw new Error('Expected a canvas.')
    context.fillStyle = getComputedStyle(document.documentElement).backgroundColor
    context.fillRect(0, 0, 1, 1)
    return (context.getImageData(0, 0, 1, 1).data[0] ?? 0) / 255
  })
}

/** Runs in the page: the first theme colour that applies is the one that a browser takes. */
function themeColour(): string | undefined {
  const all = [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')]
  return all.find(({ media }) => media === '' || matchMedia(media).matches)?.content
}

/** Runs in the page: records the colour scheme when the body, and with it the first paint, begins. */
function watchFirstColours(): void {
  const watching = new MutationObserver(() => {
    if (document.body === null) return
    watching.disconnect()
    const firstScheme = document.documentElement.dataset.theme
    Object.assign(globalThis, { firstScheme })
  })
  watching.observe(document, { childList: true, subtree: true })
}
