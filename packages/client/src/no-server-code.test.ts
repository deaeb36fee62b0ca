import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const packageDir = join(import.meta.dirname, '..')

test('the client loads no server code', () => {
  const { exports } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
  const loaded = loadedBy(Object.keys(exports).map((path) => path.replace('.', '@idem/client')))

  expect(loaded).toContainEqual(expect.stringContaining('/packages/client/src/'))
  const packages = loaded.map((url) => /\/(?:packages|apps)\/([a-z]+)\/src\//.exec(url)?.[1])
  expect([...new Set(packages)].filter(Boolean).sort()).toEqual(['client'])
  expect(loaded.filter((url) => url.startsWith('node:'))).toEqual([])
  expect(loaded.filter((url) => /\/node_modules\/(pg|@prisma|next)\//.test(url))).toEqual([])
})

/** The URLs of all modules that Node loads for these imports. */
function loadedBy(names: string[]): string[] {
  const script = `
    const { registerHooks } = require('node:module')
    const loaded = []
    registerHooks({
      resolve(name, context, next) {
        const found = next(name, context)
        loaded.push(found.url)
        return found
      },
    })
    Promise.all(${JSON.stringify(names)}.map((name) => import(name)))
      .then(() => process.stdout.write(JSON.stringify(loaded)))
  `
  return JSON.parse(
    execFileSync(process.execPath, ['-e', script], { cwd: packageDir, encoding: 'utf8' }),
  )
}
