// Prints the lines of each package of apps/ and packages/, and of proofs/test-support, which has the
// test support that several packages use.
//
// Counted are .ts, .tsx, .mjs and .css files. `lines` is every line as an editor numbers it; `code`
// leaves out blank lines and lines that contain nothing but a comment. Both are of product files:
// the other columns have every line of test support (`test-*` files), of tests (`*.test.*`) and of
// generated code (a folder `generated`, which git ignores).
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.mjs'

const nothing = { files: 0, lines: 0, code: 0, support: 0, tests: 0, generated: 0 }
const columns = Object.keys(nothing) as (keyof typeof nothing)[]

export function countLines(home = root) {
  const paths = globSync('{apps/*,packages/*,proofs/test-support}/**/*.{ts,tsx,mjs,css}', {
    cwd: home,
    exclude: (path) => /(^|\/)(node_modules|\.next|next-env\.d\.ts)$/.test(path),
  })
  const rows = new Map<string, typeof nothing>()
  for (const path of paths) {
    const name = path.split('/', 2).join('/')
    const row = rows.get(name) ?? { ...nothing }
    add(row, path, readFileSync(join(home, path), 'utf8').trimEnd().split('\n'))
    rows.set(name, row)
  }
  return rows
}

function add(row: typeof nothing, path: string, lines: string[]) {
  const kind = kindOf(path)
  row[kind] += lines.length
  if (kind !== 'lines') return
  row.files += 1
  row.code += codeOf(lines)
}

function kindOf(path: string) {
  if (path.includes('/generated/')) return 'generated'
  if (/\.test\.\w+$/.test(path)) return 'tests'
  return path.startsWith('proofs/') || /\/test-[^/]*$/.test(path) ? 'support' : 'lines'
}

function codeOf(lines: string[]): number {
  let inComment = false
  return lines.filter((line) => {
    const text = line.trim()
    const starts = /^\{?\/\*/.test(text)
    const isComment = inComment || starts || text.startsWith('//')
    inComment = (inComment || starts) && !text.includes('*/')
    return text !== '' && !isComment
  }).length
}

if (import.meta.main) {
  const rows = [...countLines()].sort()
  const total = { ...nothing }
  for (const [, row] of rows) for (const column of columns) total[column] += row[column]
  console.table({ ...Object.fromEntries(rows), total })
}
