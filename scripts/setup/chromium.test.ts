import { mkdtempDisposable, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { findChromium } from './chromium.mjs'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('CHROMIUM_PATH takes precedence over a Chromium on the PATH', async () => {
  vi.stubEnv('CHROMIUM_PATH', process.execPath)
  expect(await findChromium()).toBe(process.execPath)
})

test('a CHROMIUM_PATH that cannot be executed gives a readable error', async () => {
  vi.stubEnv('CHROMIUM_PATH', '/nowhere/chromium')
  await expect(findChromium()).rejects.toThrow(
    'CHROMIUM_PATH is /nowhere/chromium, which is not executable; set it to a Chromium or unset it.',
  )
})

test('a Chromium without a window is preferred', async () => {
  vi.stubEnv('CHROMIUM_PATH', undefined)
  expect(await findChromium(process.execPath)).toBe(process.execPath)
})

test('a Chromium on the PATH is found', async () => {
  vi.stubEnv('CHROMIUM_PATH', undefined)
  await using folder = await mkdtempDisposable(join(tmpdir(), 'idem-chromium-'))
  await symlink(process.execPath, join(folder.path, 'chromium'))
  // Without apt-get, which would install another one.
  vi.stubEnv('PATH', folder.path)
  vi.spyOn(process, 'getuid').mockReturnValue(1_000)
  expect(await findChromium('/nowhere/shell')).toBe(join(folder.path, 'chromium'))
})
