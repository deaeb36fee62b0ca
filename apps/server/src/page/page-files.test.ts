import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readPageFiles } from './page-files.ts'

async function filesOf(...names: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'idem-page-'))
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), name)
  }
  return readPageFiles(folder).finally(() => rm(folder, { recursive: true }))
}

test('each file of the build has a path, a type and its content', async () => {
  expect(
    await filesOf('index.html', '_next/static/chunks/a b.js', '404.html', 'sign-in.html'),
  ).toEqual([
    { path: '/404.html', type: 'text/html; charset=utf-8', content: Buffer.from('404.html') },
    {
      path: '/_next/static/chunks/a%20b.js',
      type: 'text/javascript; charset=utf-8',
      content: Buffer.from('_next/static/chunks/a b.js'),
    },
    { path: '/', type: 'text/html; charset=utf-8', content: Buffer.from('index.html') },
    {
      path: '/sign-in',
      type: 'text/html; charset=utf-8',
      content: Buffer.from('sign-in.html'),
    },
  ])
})

test('a page that is not built is an error that names the command', async () => {
  await expect(filesOf('icon.svg')).rejects.toThrow('run npm start')
})

test('a file of an unknown type is an error with its name', async () => {
  await expect(filesOf('index.html', 'music.mid')).rejects.toThrow('music.mid')
})
