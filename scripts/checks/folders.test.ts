import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root, workspaceFolders } from '../workspace.mjs'
import { circlesIn, sourcesIn } from './folder-circles.ts'

const packages = workspaceFolders().filter((folder) => !folder.startsWith('proofs/'))

/** Two small circles are left there: `intents` and `limits`, `storage` and `platform.ts`. */
const circular = ['packages/operations', 'packages/outbox']
const oneWay = packages.filter((folder) => !circular.includes(folder))

test.each(oneWay)('the folders of %s import one way', (folder) => {
  const steps = [...circlesIn(join(root, folder, 'src'))]
  expect(steps.map(([step, [file]]) => `${step} (${file})`)).toEqual([])
})

/** About a dozen; then a folder gets subfolders by what they do. */
const mostSources = 13

test.each(packages)('no folder of %s has more than a dozen sources', (folder) => {
  const sources = Map.groupBy(sourcesIn(join(root, folder, 'src')), dirname)
  const crowded = [...sources].filter(([, files]) => files.length > mostSources)
  expect(crowded.map(([name, files]) => `${name}: ${files.length}`)).toEqual([])
})

test('a circle of folders is found over several files, and files of src are not a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'idem-folders-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries({
    'index.ts': "export { a } from './one/a.ts'",
    'types.ts': '',
    'one/a.ts': "import { b } from '../two/b.ts'\nimport type { T } from '../types.ts'",
    'one/a.test.ts': "import { c } from '../three/c.ts'",
    'two/b.ts': '',
    'two/d.ts': "const c = await import('../three/c.ts')",
    'three/c.ts': "import '../one/a.ts'",
  })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  expect(circlesIn(folder)).toEqual(
    new Map([
      ['one → two', ['one/a.ts']],
      ['two → three', ['two/d.ts']],
      ['three → one', ['three/c.ts']],
    ]),
  )
})
