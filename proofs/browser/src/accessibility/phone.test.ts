import type { Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { animationsEnd } from '../support/animations-end.ts'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

const phone = { hasTouch: true, isMobile: true }

test('with touch the field keeps the focus, a tap on a title edits it, and Cancel leaves it', async () => {
  await using world = await browserWorld({ viewport: { width: 390, height: 800 }, ...phone })
  const { screen } = world
  const { page } = screen
  await screen.field.tap()
  await screen.field.fill('Buy milk')
  await screen.addButton.tap()
  expect(await screen.focused()).toBe('New todo')
  await screen.list.getByText('Buy milk').tap()
  await screen.editor.fill('Buy tea')
  await page.getByRole('button', { name: 'Cancel' }).tap()
  expect(await screen.titles()).toEqual(['Buy milk'])
  await screen.saved()
  expect(await world.effects()).toEqual(['made Buy milk'])
  expect(await page.getByRole('button', { name: 'Keyboard shortcuts' }).isVisible()).toBe(false)
})

test('on the narrowest phone nothing is cut off, and every target has at least 44 px', async () => {
  await using world = await browserWorld({ viewport: { width: 320, height: 640 }, ...phone })
  const { screen, context } = world
  const { page } = screen
  await screen.add(`Renew the passport ${'x'.repeat(60)}`)
  await screen.saved()
  await context.setOffline(true)
  await screen.completeBox('Renew').check()
  await page.getByText('waiting for network').waitFor()
  await animationsEnd(page)
  expect(await page.evaluate(widthOfPage)).toBe(320)
  expect(await page.evaluate(smallTargets)).toEqual([])
})

test('text of double size fits on a phone in each state', async () => {
  const viewport = { width: 390, height: 800 }
  await using world = await browserWorld({ viewport, textSize: 2, ...phone })
  const { screen, context } = world
  const { page } = screen
  await screen.add('Renew the passport and the residence permit')
  await screen.saved()
  expect(await page.evaluate(cutOff)).toEqual([])
  await context.setOffline(true)
  await screen.completeBox('Renew').check()
  await page.getByText('waiting for network').waitFor()
  expect(await page.evaluate(cutOff)).toEqual([])
  await screen.add('Buy milk')
  await page.getByText('waiting for network (2)').waitFor()
  await screen.undoButton.last().waitFor()
  // Otherwise its words lie under the buttons.
  expect(await screen.status.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
  await screen.editButton('Renew').click()
  expect(await page.evaluate(cutOff)).toEqual([])
  expect((await screen.editor.boundingBox())?.width).toBeGreaterThan(160)
})

test('a title uses the whole width while its row has no state, and keeps its lines when one appears', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  const title = screen.list.locator('.title').first()
  await screen.add('x'.repeat(200))
  await screen.saved()
  const buttons = await screen.editButton('xxx').boundingBox()
  const text = await title.boundingBox()
  expect((buttons?.x ?? 0) - (text?.x ?? 0) - (text?.width ?? 0)).toBeLessThan(20)
  await context.setOffline(true)
  await screen.completeBox('xxx').check()
  await screen.row('xxx').getByText('Waiting').waitFor()
  expect(await title.boundingBox()).toEqual(text)
})

test('a text from right to left is written so in the field, the row, the editor and the toast', async () => {
  await using world = await browserWorld()
  const { screen } = world
  const title = 'לקנות חלב'
  await screen.field.fill(title)
  const directions = [await directionOf(screen.field)]
  await screen.field.press('Enter')
  directions.push(await directionOf(screen.list.getByText(title)))
  await screen.completeBox(title).check()
  directions.push(await directionOf(screen.page.locator('.toast bdi')))
  await screen.editButton(title).click()
  directions.push(await directionOf(screen.editor))
  expect(directions).toEqual(['rtl', 'rtl', 'rtl', 'rtl'])
})

function directionOf(element: ReturnType<Page['locator']>): Promise<string> {
  return element.evaluate((one) => getComputedStyle(one).direction)
}

/** Runs in the page. */
function widthOfPage(): number {
  return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)
}

/** Runs in the page: visible elements that reach beyond its sides. The words of an undo are shortened. */
function cutOff(): string[] {
  return [...document.querySelectorAll('main *')]
    .filter(
      (element) => element.checkVisibility() && element.closest('.sr-only, .undo-words *') === null,
    )
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      return width > 1 && (left < 0 || right > innerWidth)
    })
    .map(({ outerHTML }) => outerHTML.slice(0, 120))
}

/** Runs in the page: a label is part of the target of its control. */
function smallTargets(): string[] {
  const controls = [...document.querySelectorAll<HTMLElement>('main :is(button, a, input)')]
  const visible = controls.filter((control) => control.checkVisibility())
  const isSmall = (control: HTMLElement) => {
    const { width, height } = (control.closest('label') ?? control).getBoundingClientRect()
    return width < 44 || height < 44
  }
  return visible.filter(isSmall).map(({ outerHTML }) => outerHTML)
}
