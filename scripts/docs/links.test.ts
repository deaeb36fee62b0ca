import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../workspace.mjs'

const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: root })

/** Every match of the pattern's first group, with its page. */
function found(pattern: RegExp) {
  return pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(pattern)].map(([, path = '']) => ({
      page,
      path,
    })),
  )
}

test('every relative link of the documentation leads to a file', () => {
  const links = found(/\]\((?!https?:|#)([^)#]+)/g)
  expect(links.length).toBeGreaterThan(20)
  expect(links.filter(({ page, path }) => !existsSync(join(root, dirname(page), path)))).toEqual([])
})

test('every path that the documentation names exists', () => {
  const paths = found(/`((?:apps|packages|proofs|scripts|prisma|docs)\/[\w./*-]+)`/g)
  expect(paths.length).toBeGreaterThan(40)
  expect(paths.filter(({ path }) => globSync(path, { cwd: root }).length === 0)).toEqual([])
})
