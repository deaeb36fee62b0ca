import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const source = new URL('..', import.meta.url)

/** Without one a button is a filled square. */
test('each icon that a component names is in the style sheet, and no other', () => {
  const components = globSync('**/*.tsx', { cwd: source }).filter(
    (file) => !file.includes('.test.'),
  )
  const named = components.flatMap((file) => iconsIn(read(file), /\b[a-z]+-icon\b/g))
  const drawn = iconsIn(read('style.css'), /(?<=^ {2}\.)[a-z]+-icon(?= \{\n {4}--icon: url)/gm)
  expect(named.length).toBeGreaterThan(5)
  expect(drawn.toSorted()).toEqual([...new Set(named)].toSorted())
})

function read(file: string): string {
  return readFileSync(new URL(file, source), 'utf8')
}

function iconsIn(text: string, pattern: RegExp): string[] {
  return text.match(pattern) ?? []
}
