import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root, workspaceFolders } from '../workspace.mjs'

/** About a dozen; then a folder gets subfolders by what they do. An entry point of a package is not one of them. */
const mostSources = 13

test.each(workspaceFolders().filter((folder) => !folder.startsWith('proofs/')))(
  'no folder of %s has more than a dozen sources',
  (folder) => {
    const { exports = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const entries = new Set(Object.values(exports))
    const paths = globSync('src/**/*.{ts,tsx}', { cwd: join(root, folder) }).filter(
      (path) => !/\.test\.|\/test-|\/generated\//.test(path) && !entries.has(`./${path}`),
    )
    const crowded = [...Map.groupBy(paths, dirname)].filter(
      ([, { length }]) => length > mostSources,
    )
    expect(crowded.map(([name, { length }]) => `${name}: ${length}`)).toEqual([])
  },
)
