import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { accountsWorld } from '../support/accounts-world.ts'
import { animationsEnd } from '../support/animations-end.ts'
import { obstacles } from '../support/obstacles.ts'
import { accountStates } from './account-states.ts'
import { devices, folder } from './devices.ts'
import { secondFactorStates } from './second-factor-states.ts'

vi.setConfig({ testTimeout: 600_000 })

test.for(devices)(
  'no state of signing in scrolls sideways, and no words lie under others: $name',
  async ({ name, ...device }) => {
    await using world = await accountsWorld(device)
    const page = await world.openPage()
    for (const [state, show] of accountStates) {
      await show(world, page)
      await look(page, { state, name })
    }
  },
)

test.for(devices)(
  'no state of second factors scrolls sideways, has words under others or an obstacle: $name',
  async ({ name, ...device }) => {
    const variables = { IDEM_REQUIRE_SECOND_FACTOR: 'true' }
    await using world = await accountsWorld({ ...device, variables, host: 'localhost' })
    const page = await world.openPage()
    for (const [state, show] of secondFactorStates) {
      await show(world, page)
      await look(page, { state, name })
      if (name !== 'desktop-light') continue
      expect(await obstacles(page), state).toEqual([])
      await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' })
    }
  },
)

type Picture = { readonly state: string; readonly name: string }

async function look(page: Page, { state, name }: Picture): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const take = (end: string) =>
    page.screenshot({ path: join(folder, `${state}-${end}.png`), fullPage: true })
  await animationsEnd(page)
  await take(name)
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
  expect(await page.evaluate(covered), state).toEqual([])
  if (name !== 'desktop-dark') return
  await page.emulateMedia({ media: 'print' })
  await take('print')
  await page.emulateMedia({ media: null })
}

/** Runs in the page: buttons and headings with more words than room, and the title where buttons lie over it. */
function covered(): string[] {
  const buttons = [...document.querySelectorAll<HTMLElement>('main button:not(.undo-words)')]
  const full = buttons.filter((one) => one.checkVisibility() && one.scrollHeight > one.offsetHeight)
  const headings = [...document.querySelectorAll<HTMLElement>('h1, h2')]
  const cut = headings.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  const title = document.querySelector('.page-title')
  const words = document.createRange()
  if (title !== null) words.selectNodeContents(title)
  const { right, bottom } = words.getBoundingClientRect()
  // Their pictures begin 12 px inside.
  const over = [...document.querySelectorAll('.page-tools')].filter((tools) => {
    const { left, top } = tools.getBoundingClientRect()
    return left + 12 < right && top < bottom
  })
  return [...full, ...cut, ...over].map(({ outerHTML }) => outerHTML.slice(0, 120))
}
