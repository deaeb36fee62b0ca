import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { serviceWorker } from './service-worker.ts'

const build = {
  '.next/BUILD_ID': 'x7',
  '.next/server/app/index.html': '<p>page x7</p>',
  '.next/server/app/_not-found.html': '<p>nothing</p>',
  '.next/server/app/manifest.webmanifest.body': '{}',
  '.next/static/chunks/a.js': 'a',
  '.next/static/x7/_buildManifest.js': 'x7',
  'public/icon-192.png': 'icon',
  'worker.js': 'self.skipWaiting()',
}

async function workerOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'idem-worker-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  const at = (name: string) => join(folder, name)
  const text = await serviceWorker({
    built: at('.next'),
    public: at('public'),
    source: at('worker.js'),
  })
  await rm(folder, { recursive: true })
  return text
}

test('the worker knows the page, its static files, its manifest and its icons', async () => {
  const [release = '', files = '', source] = (await workerOf(build)).split('\n')
  expect(release).toMatch(/^const release = "[\w-]{22}"$/)
  expect(JSON.parse(files.replace('const files = ', ''))).toEqual([
    '/',
    '/_next/static/chunks/a.js',
    '/manifest.webmanifest',
    '/icon-192.png',
  ])
  expect(source).toBe('self.skipWaiting()')
})

test('two builds of one source, which differ in their random name, have the same worker', async () => {
  const { '.next/static/x7/_buildManifest.js': _, ...files } = build
  const again = {
    ...files,
    '.next/BUILD_ID': 'y8',
    '.next/server/app/index.html': '<p>page y8</p>',
    '.next/static/y8/_buildManifest.js': 'y8',
  }
  expect(await workerOf(again)).toBe(await workerOf(build))
})

test('the same build has the same worker, and any change of a file changes it', async () => {
  const worker = await workerOf(build)
  expect(await workerOf(build)).toBe(worker)
  for (const name of ['.next/server/app/index.html', 'public/icon-192.png'] as const) {
    expect(await workerOf({ ...build, [name]: 'changed' })).not.toBe(worker)
  }
})
