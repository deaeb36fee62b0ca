import { chromiumPath } from '@idem/browser/chromium-path'
import { chromium } from 'playwright-core'
import { host } from './start-proxy.ts'

/** It finds the host of the proxies on this machine and accepts their certificates. */
export function openBrowser() {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--ignore-certificate-errors',
      `--host-resolver-rules=MAP ${host} 127.0.0.1`,
    ],
  })
}
