import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { accountsWorld } from '../support/accounts-world.ts'
import { animationsEnd } from '../support/animations-end.ts'
import { setTextSize } from '../support/set-text-size.ts'
import { accountStates } from './account-states.ts'
import { devices, folder } from './devices.ts'

vi.setConfig({ testTimeout: 600_000 })

test.for(devices)('no state of signing in scrolls sideways: $name', async ({ name, ...device }) => {
  await using world = await accountsWorld(device)
  const page = await world.openPage()
  if ('textSize' in device) await setTextSize(page, device.textSize)
  mkdirSync(folder, { recursive: true })
  for (const [state, show] of accountStates) {
    await show(world, page)
    await animationsEnd(page)
    await page.screenshot({
      path: join(folder, `${state}-${name}.png`),
      fullPage: true,
    })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
  }
})
