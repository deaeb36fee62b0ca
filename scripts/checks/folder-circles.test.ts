import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root, workspaceFolders } from '../workspace.mjs'
import { folderCircles } from './folder-circles.ts'

const products = workspaceFolders().filter((folder) => !folder.startsWith('proofs/'))

test.each(products)('the folders of %s import one way', (folder) => {
  expect(folderCircles(join(root, folder, 'src'))).toEqual([])
})

test('a circle of folders is found, also through files that form none, and through a third folder', () => {
  const src = mkdtempSync(join(tmpdir(), 'idem-circles-'))
  const files = {
    'a/one.ts': "import type { B } from '../b/deep/one.ts'",
    'b/two.ts': "const c = await import('../c/one.ts')",
    'c/one.ts': "import { a } from '../a/two.ts'",
    'd/one.ts': "import { a } from '../a/two.ts'",
    'a/one.test.ts': "import { d } from '../d/one.ts'",
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(src, path)), { recursive: true })
    writeFileSync(join(src, path), text)
  }
  expect(folderCircles(src).sort()).toEqual(['a ↔ b', 'a ↔ c', 'b ↔ c'])
})
