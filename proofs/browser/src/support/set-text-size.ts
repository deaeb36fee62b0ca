import type { Page } from 'playwright-core'

/** The standard size of the browser, in px. */
const standard = 16

/** As a person sets it in the browser: the style sheet of the page does not know. */
export async function setTextSize(page: Page, times: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const fontSizes = { standard: standard * times, fixed: standard * times }
  await session.send('Page.setFontSizes', { fontSizes })
}
