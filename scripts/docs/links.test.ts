import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../workspace.mjs'

test('every relative link of the documentation leads to a file', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: root })
  const links = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, path = '']) => ({ page, path }),
    ),
  )
  expect(links.length).toBeGreaterThan(20)
  const isBroken = ({ page, path }: { page: string; path: string }) =>
    !existsSync(join(root, dirname(page), path))
  expect(links.filter(isBroken)).toEqual([])
})
