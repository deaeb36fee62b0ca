import { readFile } from 'node:fs/promises'
import {
  checkPackage,
  createPackageFromTarballData,
  type Package,
  type Problem,
} from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { npxCheck, once } from './npx-check.ts'
import { type Published, packed, published } from './packed.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let tarballs: Awaited<ReturnType<typeof packed>>
beforeAll(async () => {
  tarballs = await packed()
})

describe.for(published)('@idem/%s', (name) => {
  const read = async (of: Published = name) => new Uint8Array(await readFile(tarballs[of]))
  const unpack = async (of?: Published) => createPackageFromTarballData(await read(of))

  test('the tarball has the built files, the README and the licence, and no sources', async () => {
    const files = filesOf(await unpack())
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'dist/index.js',
        'dist/index.d.ts',
        'llms.txt',
      ]),
    )
    const allowed =
      /^(LICENSE|README\.md|llms\.txt|package\.json|guides\/[\w-]+\.md|dist\/[\w/-]+\.(js|d\.ts)|dist\/cli\/licenses\.txt)$/
    expect(files.filter((path) => !allowed.test(path))).toEqual([])
  })

  test('llms.txt leads to files of the tarball and to sections of its README', async () => {
    const unpacked = await unpack()
    const readme = slugsOf(textOf(unpacked, 'README.md'))
    const links = [...textOf(unpacked, 'llms.txt').matchAll(/\]\(([^)#]+)#?([^)]*)\)/g)]
    expect(links.length).toBeGreaterThan(7)
    expect(filesOf(unpacked)).toEqual(expect.arrayContaining(links.map(([, file]) => file)))
    const sections = links.flatMap(([, , section = '']) => (section === '' ? [] : [section]))
    expect(readme).toEqual(expect.arrayContaining(sections))
  })

  test('each link of the README and of the guides leads to a file of a tarball', async () => {
    const lists = await Promise.all(
      published.map(async (of) => filesOf(await unpack(of)).map((path) => `/${of}/${path}`)),
    )
    const unpacked = await unpack()
    const pages = filesOf(unpacked).filter((path) => path.endsWith('.md'))
    const links = pages.flatMap((page) =>
      linksOf(textOf(unpacked, page)).map((link) => new URL(link, `file:///${name}/${page}`)),
    )
    expect(links.length).toBeGreaterThan(0)
    expect(lists.flat()).toEqual(expect.arrayContaining(links.map(({ pathname }) => pathname)))
  })

  test('the manifest needs nothing of the workspace, and each entry point is a built file', async () => {
    const unpacked = await unpack()
    const files = filesOf(unpacked).map((path) => `./${path}`)
    const { devDependencies: _, ...manifest } = manifestOf(unpacked)
    expect(JSON.stringify(manifest.dependencies ?? {})).not.toContain('@idem/')
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:|\/src\/|"private"/)
    const { './package.json': __, ...entries } = manifest.exports
    for (const [path, entry] of Object.entries<Record<string, string>>(entries)) {
      expect([path, Object.keys(entry)]).toEqual([path, ['types', 'default']])
      expect(files).toEqual(expect.arrayContaining(Object.values(entry)))
    }
  })

  test('publint finds nothing', async () => {
    const { buffer } = await read()
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('the types of each entry point are found by every resolution of today', async () => {
    const analysis = await checkPackage(await unpack())
    if (analysis.types === false) throw new Error('The package has no types.')
    expect(analysis.problems.filter((problem) => !isExpected(problem))).toEqual([])
  })
})

test('npx runs the check in an empty folder: a right server passes, one without keys fails', async () => {
  const [right, wrong] = await Promise.all([
    npxCheck(tarballs.check, once()),
    npxCheck(tarballs.check, (_, make) => make()),
  ])
  expect(right).toMatchObject({ code: 0, stderr: '' })
  expect(right.stdout).toContain('0 broken')
  expect(wrong.stdout).toContain('broken       50 at once with one key')
  expect(wrong.code).toBe(1)
})

/** The package has no CommonJS, which Node 22 does not need for `require`, and no entry points for resolutions that ignore `exports`. */
function isExpected(problem: Problem): boolean {
  const { kind } = problem
  if (kind === 'CJSResolvesToESM') return true
  return 'resolutionKind' in problem && problem.resolutionKind === 'node10'
}

function filesOf(unpacked: Package): string[] {
  const root = `/node_modules/${unpacked.packageName}/`
  return unpacked.listFiles().map((path) => path.slice(root.length))
}

function manifestOf(unpacked: Package) {
  return JSON.parse(textOf(unpacked, 'package.json'))
}

function textOf(unpacked: Package, path: string): string {
  return unpacked.readFile(`/node_modules/${unpacked.packageName}/${path}`)
}

/** The relative ones. */
function linksOf(markdown: string): string[] {
  return [...markdown.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path)
}

/** The anchors of the headings of a page. */
function slugsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^##+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}
