import { expect, test } from 'vitest'
import { isOther } from './use-new-version.ts'
import { withNewVersion } from './with-new-version.ts'

test('a new version is added to the state, with a button that reloads', () => {
  expect(withNewVersion({ words: 'Saved' }, true)).toEqual({
    words: 'Saved · A new version is ready',
    action: 'renew',
  })
  expect(withNewVersion({ words: '' }, true)).toEqual({
    words: 'A new version is ready',
    action: 'renew',
  })
})

test('an action that a person is asked for comes before the reload', () => {
  const status = { words: 'The server refused 1 change', action: 'review' } as const
  expect(withNewVersion(status, true).action).toBe('review')
})

test('without a new version the state is unchanged', () => {
  expect(withNewVersion({ words: 'Saved' }, false)).toEqual({ words: 'Saved' })
})

test('a page is another release when one of its scripts is no longer served', () => {
  const html =
    '<script src="/_next/static/a.js"></script><script src="/_next/static/b.js"></script>'
  expect(isOther(html, ['/_next/static/a.js', '/_next/static/b.js'])).toBe(false)
  expect(isOther(html, ['/_next/static/a.js', '/_next/static/c.js'])).toBe(true)
})
