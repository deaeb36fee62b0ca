import { fileURLToPath } from 'node:url'

export const folder = fileURLToPath(new URL('../../screenshots', import.meta.url))

const desktop = { width: 1_000, height: 800 }
const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }

/** Each state of the page has a picture on each of them. */
export const devices = [
  { name: 'desktop-light', colorScheme: 'light', viewport: desktop },
  { name: 'desktop-dark', colorScheme: 'dark', viewport: desktop },
  { name: 'desktop-forced', forcedColors: 'active', viewport: desktop },
  { name: 'phone-light', colorScheme: 'light', ...phone },
  { name: 'phone-dark', colorScheme: 'dark', ...phone },
  { name: 'phone-narrow', ...phone, viewport: { width: 320, height: 640 } },
  { name: 'phone-large-text', textSize: 2, ...phone },
  { name: 'zoomed', viewport: { width: 320, height: 640 } },
  { name: 'large-text', textSize: 2, viewport: desktop },
] as const
