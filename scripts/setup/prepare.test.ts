import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { isInstalled } from './prepare.mjs'

function checkout(files: Record<string, string>) {
  const home = mkdtempSync(join(tmpdir(), 'idem-prepare-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true }) }
}

// pnpm's own record: this fails when pnpm writes it elsewhere or in another form.
test('the packages of this checkout count as installed', () => {
  expect(isInstalled()).toBe(true)
})

test('a first start and an interrupted install install the packages', () => {
  using folder = checkout({ 'pnpm-lock.yaml': 'new', 'node_modules/.pnpm/some-package': '' })
  expect(isInstalled(folder.home)).toBe(false)
})

test('a changed lockfile installs the packages again', () => {
  using folder = checkout({ 'pnpm-lock.yaml': 'new', 'node_modules/.pnpm/lock.yaml': 'old' })
  expect(isInstalled(folder.home)).toBe(false)
})
