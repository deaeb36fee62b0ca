import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { animationsEnd } from '../support/animations-end.ts'
import { browserWorld } from '../support/browser-world.ts'
import { devices, folder } from './devices.ts'
import { states } from './states.ts'

vi.setConfig({ testTimeout: 600_000 })

test.for(devices)('no state of the page scrolls sideways: $name', async ({ name, ...device }) => {
  await using world = await browserWorld(device)
  const { page } = world.screen
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
