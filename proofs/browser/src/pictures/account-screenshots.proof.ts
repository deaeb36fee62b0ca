import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { accountsWorld } from '../support/accounts-world.ts'
import { animationsEnd } from '../support/animations-end.ts'
import { accountStates } from './account-states.ts'
import { devices, folder } from './devices.ts'

vi.setConfig({ testTimeout: 600_000 })

test.for(devices)(
  'no state of signing in scrolls sideways, and no words lie under others: $name',
  async ({ name, ...device }) => {
    await using world = await accountsWorld(device)
    const page = await world.openPage()
    mkdirSync(folder, { recursive: true })
    for (const [state, show] of accountStates) {
      await show(world, page)
      await animationsEnd(page)
      await page.screenshot({
        path: join(folder, `${state}-${name}.png`),
        fullPage: true,
      })
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
      expect(await page.evaluate(covered), state).toEqual([])
    }
  },
)

/** Runs in the page: buttons with more words than room, and the title where buttons lie over it. */
function covered(): string[] {
  const buttons = [...document.querySelectorAll<HTMLElement>('main button:not(.undo-words)')]
  const full = buttons.filter((one) => one.checkVisibility() && one.scrollHeight > one.offsetHeight)
  const title = document.querySelector('.page-title')
  const words = document.createRange()
  if (title !== null) words.selectNodeContents(title)
  const { right, bottom } = words.getBoundingClientRect()
  // Their pictures begin 12 px inside.
  const over = [...document.querySelectorAll('.page-tools')].filter((tools) => {
    const { left, top } = tools.getBoundingClientRect()
    return left + 12 < right && top < bottom
  })
  return [...full, ...over].map(({ outerHTML }) => outerHTML.slice(0, 120))
}
