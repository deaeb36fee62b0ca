import { expect, test } from 'vitest'
import { ofInstallation } from './prepare-page.ts'

const html = '<html lang="en">'
const files = [
  ...['/', '/sign-in', '/invite', '/reset', '/account'].map((path) => ({ path, type: 'text/html' })),
  ...['/invite.txt', '/reset/a.txt', '/account.txt', '/icon.svg'].map((path) => ({ path, type: 'text/plain' })),
].map((file) => ({ ...file, content: Buffer.from(html) }))

function served(isSignInOn: boolean): Record<string, string> {
  const all = ofInstallation({ installationId: 'i', isSignInOn }, files)
  return Object.fromEntries(all.map(({ path, content }) => [path, content.toString()]))
}

test('the pages of accounts exist only with sign-in, and a page knows whether it is on', () => {
  expect(served(false)).toEqual({
    '/': '<html data-installation="i" lang="en">',
    '/icon.svg': html,
  })
  const on = served(true)
  expect(Object.keys(on)).toEqual(files.map(({ path }) => path))
  expect(on['/invite']).toBe('<html data-installation="i" data-sign-in="" lang="en">')
  expect(on['/invite.txt']).toBe(html)
})
