import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../workspace.mjs'

const pages = globSync(['*.md', 'llms.txt', 'docs/**/*.md', 'packages/*/{,guides/}*.md'], {
  cwd: root,
})

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

test('llms.txt lists every page that is not a decision', () => {
  const listed = found(/\]\(([^)]+)\)/g).flatMap(({ page, path }) =>
    page === 'llms.txt' ? [path] : [],
  )
  const wanted = pages.filter(
    (page) => page.endsWith('.md') && !/decisions\/\d|guides\/README/.test(page),
  )
  expect(listed.filter((path) => path.endsWith('.md')).sort()).toEqual([...wanted].sort())
})

test('every path that the documentation names exists', () => {
  const paths = found(/`((?:apps|packages|proofs|scripts|prisma|docs)\/[\w./*-]+)`/g)
  expect(paths.length).toBeGreaterThan(40)
  expect(paths.filter(({ path }) => globSync(path, { cwd: root }).length === 0)).toEqual([])
})
