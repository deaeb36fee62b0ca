import { expect, test } from 'vitest'
import { isOther } from './use-new-version.ts'

test('a page is another release when one of its scripts is no longer served', () => {
  const html =
    '<script src="/_next/static/a.js"></script><script src="/_next/static/b.js"></script>'
  expect(isOther(html, ['/_next/static/a.js', '/_next/static/b.js'])).toBe(false)
  expect(isOther(html, ['/_next/static/a.js', '/_next/static/c.js'])).toBe(true)
})
