import { type Browser, chromium } from 'playwright-core'
import { chromiumPath } from './chromium-path.ts'

/** For a busy machine; a retry after a lost answer takes at most a second. */
export const patienceMs = 15_000

let browser: Promise<Browser> | undefined

/** One browser process for all test files of a worker, with whose end it ends; the storage of a page belongs to its context. */
export function sharedBrowser(): Promise<Browser> {
  browser ??= chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] })
  return browser
}
