import { type Browser, chromium } from 'playwright-core'
import { chromiumPath } from './chromium-path.ts'

/** For a busy machine; a retry after a lost answer takes at most a second. */
export const patienceMs = 15_000

/** The standard size of text, in px. */
const standard = 16

export type TextSize = {
  /** As a person sets it in the browser, so that the style sheet of the page does not know: 2 for twice the standard. */
  readonly textSize?: number | undefined
}

const browsers = new Map<number, Promise<Browser>>()

/** One browser process for all test files of a worker, with whose end it ends; the storage of a page belongs to its context. */
export function sharedBrowser({ textSize = 1 }: TextSize = {}): Promise<Browser> {
  const browser = browsers.get(textSize) ?? launch(textSize)
  browsers.set(textSize, browser)
  return browser
}

/** The size is a setting of the process: Chromium forgets one of a page when that gets another size, also for a picture. */
function launch(textSize: number): Promise<Browser> {
  const px = standard * textSize
  const size = `--blink-settings=defaultFontSize=${px},defaultFixedFontSize=${px}`
  const args = ['--no-sandbox', ...(textSize === 1 ? [] : [size])]
  return chromium.launch({ executablePath: chromiumPath(), args })
}
