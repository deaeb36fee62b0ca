import type { Page } from 'playwright-core'

/** Resolves when nothing moves or fades any more. */
export async function animationsEnd(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map(({ finished }) => finished)),
  )
}
