import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../workspace.mjs'
import { namesIn, wordsOf } from './names-in.ts'

const { names, firstWordsOfTitles } = JSON.parse(
  readFileSync(join(root, 'scripts/checks/old-words.json'), 'utf8'),
)

const sources = globSync('{apps,packages,proofs,scripts}/**/*.{ts,tsx,mjs}', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|generated|\.next)$/.test(path),
})

const isOld = (word: string) => Object.hasOwn(names, word)

function namesOf(path: string) {
  return namesIn(path, readFileSync(join(root, path), 'utf8'))
}

test('file names contain no old word', () => {
  expect(sources.length).toBeGreaterThan(400)
  expect(sources.filter((path) => wordsOf(basename(path)).some(isOld))).toEqual([])
})

test('exported names contain no old word', () => {
  const exported = sources.flatMap((path) => namesOf(path).exported.map((name) => ({ path, name })))
  expect(exported.length).toBeGreaterThan(400)
  expect(exported.filter(({ name }) => wordsOf(name).some(isOld))).toEqual([])
})

test('test titles do not start with a pronoun or a preposition', () => {
  const titles = sources.flatMap((path) => namesOf(path).titles.map((title) => ({ path, title })))
  expect(titles.length).toBeGreaterThan(800)
  expect(
    titles.filter(({ title }) => firstWordsOfTitles.includes(wordsOf(title)[0] ?? '')),
  ).toEqual([])
})
