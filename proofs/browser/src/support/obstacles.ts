import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { animationsEnd } from './animations-end.ts'

/** Colours change nothing that the other rules of axe look at. */
const colours = [
  { colorScheme: 'light', forcedColors: 'none', rules: undefined },
  { colorScheme: 'dark', forcedColors: 'none', rules: ['color-contrast'] },
  { colorScheme: 'light', forcedColors: 'active', rules: ['color-contrast'] },
] as const

/** What axe finds, in all colours. */
export async function obstacles(page: Page): Promise<object[]> {
  const found: object[] = []
  for (const { rules, ...media } of colours) {
    await page.emulateMedia(media)
    // A text that is fading in has less contrast than the one a person reads.
    await animationsEnd(page)
    // The other mode opens a blank page for each look, which takes as long as the look. It is for frames.
    const axe = new AxeBuilder({ page }).setLegacyMode()
    const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze()
    for (const { id, nodes } of violations) {
      found.push({ ...media, id, where: nodes.map(({ html }) => html) })
    }
  }
  return found
}
