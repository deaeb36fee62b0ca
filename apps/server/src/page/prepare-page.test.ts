import { expect, test } from 'vitest'
import { ofInstallation } from './prepare-page.ts'

const html = '<html lang="en">'
const files = [
  ...['/', '/sign-in', '/invite', '/reset', '/account'].map((path) => ({
    path,
    type: 'text/html',
  })),
  ...['/invite.txt', '/reset/a.txt', '/account.txt', '/icon.svg'].map((path) => ({
    path,
    type: 'text/plain',
  })),
].map((file) => ({ ...file, content: Buffer.from(html) }))

function served(isSignInOn: boolean): Record<string, string> {
  const all = ofInstallation({ installationId: 'i', isSignInOn, basePath: '' }, files)
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

test.for(['', '/todos'])(
  'every file has the prefix "%s" where the build has a placeholder',
  (basePath) => {
    const built = ['text/html', 'text/javascript'].map((type) => ({
      ...{ path: `/${type}`, type },
      content: Buffer.from('"/__base_path__/_next/" + "/__base_path__/icon.svg"'),
    }))
    const all = ofInstallation({ installationId: 'i', isSignInOn: true, basePath }, built)
    const expected = `"${basePath}/_next/" + "${basePath}/icon.svg"`
    expect(all.map(({ content }) => content.toString())).toEqual([expected, expected])
  },
)
