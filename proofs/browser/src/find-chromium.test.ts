import { afterEach, expect, test, vi } from 'vitest'
import { findChromium } from './find-chromium.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('a named Chromium is taken, whatever else is on the PATH', () => {
  vi.stubEnv('IDEM_CHROMIUM', process.execPath)
  expect(findChromium()).toBe(process.execPath)
})

test('a named one that is not there is told in a sentence', () => {
  vi.stubEnv('IDEM_CHROMIUM', '/nowhere/chromium')
  expect(() => findChromium()).toThrow('IDEM_CHROMIUM names /nowhere/chromium, which cannot be run')
})

test('none at all is told in a sentence', () => {
  vi.stubEnv('IDEM_CHROMIUM', undefined)
  vi.stubEnv('PATH', '/nowhere')
  expect(() => findChromium()).toThrow('The tests of the page need Chromium: install one')
})
