import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { serviceWorker } from './service-worker.ts'

const build = {
  '/': '<p>page</p>',
  '/404.html': '<p>nothing</p>',
  '/_next/static/build/_buildManifest.js': 'manifest of another router',
  '/_next/static/chunks/a.js': 'a',
  '/icon-192.png': 'icon',
  '/index.txt': 'page for a navigation',
  '/manifest.webmanifest': '{}',
  '/sign-in': '<p>sign in</p>',
}

function workerOf(contents: Record<string, string>, base = ''): string {
  const files = Object.entries(contents).map(([path, content]) => ({
    path,
    type: 'text/plain',
    content: Buffer.from(content),
  }))
  return serviceWorker({ built: files, source: 'self.skipWaiting()', base }).text
}

test('the worker knows the hashes of the page, its static files, its manifest and its icons', () => {
  const [base, release = '', files = '', source] = workerOf(build, '/todos').split('\n')
  expect(base).toBe('const base = "/todos"')
  expect(release).toMatch(/^const release = "[\w-]{22}"$/)
  const hashes = JSON.parse(files.replace('const files = ', ''))
  expect(Object.keys(hashes)).toEqual([
    '/todos/',
    '/todos/_next/static/chunks/a.js',
    '/todos/icon-192.png',
    '/todos/manifest.webmanifest',
  ])
  expect(hashes['/todos/icon-192.png']).toBe(createHash('sha256').update('icon').digest('base64'))
  expect(source).toBe('self.skipWaiting()')
})

test('the same build has the same worker, and any change of a file changes it', () => {
  const worker = workerOf(build)
  expect(workerOf(build)).toBe(worker)
  for (const path of ['/', '/icon-192.png'] as const) {
    expect(workerOf({ ...build, [path]: 'changed' })).not.toBe(worker)
  }
})
