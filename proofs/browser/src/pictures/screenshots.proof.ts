import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { animationsEnd } from '../support/animations-end.ts'
import { browserWorld } from '../support/browser-world.ts'
import { setTextSize } from '../support/set-text-size.ts'
import { states } from './states.ts'

vi.setConfig({ testTimeout: 600_000 })

const folder = fileURLToPath(new URL('../../screenshots', import.meta.url))

const desktop = { width: 1_000, height: 800 }
const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }
const devices = [
  { name: 'desktop-light', colorScheme: 'light', viewport: desktop },
  { name: 'desktop-dark', colorScheme: 'dark', viewport: desktop },
  { name: 'desktop-forced', forcedColors: 'active', viewport: desktop },
  { name: 'phone-light', colorScheme: 'light', ...phone },
  { name: 'phone-dark', colorScheme: 'dark', ...phone },
  { name: 'phone-narrow', ...phone, viewport: { width: 320, height: 640 } },
  { name: 'phone-large-text', textSize: 2, ...phone },
  { name: 'large-text', textSize: 2, viewport: desktop },
] as const

test.for(devices)('no state of the page scrolls sideways: $name', async ({ name, ...device }) => {
  await using world = await browserWorld(device)
  const { page } = world.screen
  if ('textSize' in device) await setTextSize(page, device.textSize)
  mkdirSync(folder, { recursive: true })
  for (const [state, show] of states) {
    await show(world)
    await animationsEnd(page)
    await page.screenshot({ path: join(folder, `${state}-${name}.png`) })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
    if (name !== 'desktop-dark') continue
    await page.emulateMedia({ media: 'print' })
    await page.screenshot({ path: join(folder, `${state}-print.png`) })
    await page.emulateMedia({ media: null })
  }
})
