// Prints the lines of .ts, .tsx, .mjs and .js files as an editor numbers them, a row for each package.
//
// `product` are the files of apps/ and packages/ except tests (`*.test.*`), test support (`test-*`) and
// examples. `rest` is every other file of these kinds. Both leave out what git ignores: generated code.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.mjs'

export function countLines(home = root) {
  const paths = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs', '*.js'], {
    cwd: home,
    encoding: 'utf8',
  })
  const rows = new Map<string, { product: number; rest: number }>()
  for (const path of paths.trimEnd().split('\n')) {
    // A deleted file stays in git's index until the next commit.
    if (!existsSync(join(home, path))) continue
    const { length } = readFileSync(join(home, path), 'utf8').trimEnd().split('\n')
    for (const name of [packageOf(path), 'total']) {
      const row = rows.get(name) ?? { product: 0, rest: 0 }
      row[isProduct(path) ? 'product' : 'rest'] += length
      rows.set(name, row)
    }
  }
  return rows
}

function packageOf(path: string): string {
  return /^(apps|packages|proofs)\/[^/]+/.exec(path)?.[0] ?? (path.split('/', 1)[0] || path)
}

function isProduct(path: string): boolean {
  return (
    /^(apps|packages)\//.test(path) && !/\.test\.\w+$|(^|\/)test-[^/]*|\/examples?\//.test(path)
  )
}

if (import.meta.main) console.table(Object.fromEntries([...countLines()].sort()))
