import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isInstalled } from './prepare.mjs'

// pnpm's own record: this fails when pnpm writes it elsewhere or in another form.
test('the packages of this checkout count as installed, and those of a first start do not', () => {
  expect(isInstalled()).toBe(true)
  const home = mkdtempSync(join(tmpdir(), 'idem-prepare-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  writeFileSync(join(home, 'pnpm-lock.yaml'), 'new')
  expect(isInstalled(home)).toBe(false)
})
