import type { Page } from 'playwright-core'

/** Nothing moves or fades any more. Those of rows that are not laid out would never end by themselves. */
export async function animationsEnd(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) animation.finish()
  })
}
