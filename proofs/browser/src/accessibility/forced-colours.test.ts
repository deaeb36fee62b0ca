import type { Locator } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('with forced colours only done todos are crossed out, and Add and the toast keep their edges', async () => {
  await using world = await browserWorld({ forcedColors: 'active' })
  const { screen } = world
  for (const title of ['Buy milk', 'Buy tea']) await screen.add(title)
  await screen.completeBox('Buy milk').check()
  expect(await styleOf(screen.list.getByText('Buy tea'), 'textDecorationLine')).toBe('none')
  expect(await styleOf(screen.list.getByText('Buy milk'), 'textDecorationLine')).toBe(
    'line-through',
  )
  const toast = screen.page.locator('.toast')
  for (const box of [screen.addButton, toast]) {
    const ground = await styleOf(screen.page.locator('html'), 'backgroundColor')
    expect(await styleOf(box, 'backgroundColor')).not.toBe(ground)
    expect(await styleOf(box, 'color')).toBe(ground)
    // Otherwise a plate in the colour of the ground hides words of that colour.
    expect(await styleOf(box, 'forcedColorAdjust')).toBe('none')
  }
})

function styleOf(element: Locator, property: keyof CSSStyleDeclaration): Promise<unknown> {
  return element.evaluate((one, name) => getComputedStyle(one)[name], property)
}
