import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../workspace.mjs'

/**
 * The sections of ASVS 5.0.0 with the number of their requirements of levels 1 and 2, which come before those
 * of level 3 in each.
 */
const sections: Readonly<Record<string, number>> = {
  '1.1': 2,
  '1.2': 9,
  '1.3': 11,
  '1.4': 3,
  '1.5': 2,
  '2.1': 3,
  '2.2': 3,
  '2.3': 4,
  '2.4': 1,
  '3.2': 2,
  '3.3': 4,
  '3.4': 6,
  '3.5': 5,
  '3.7': 2,
  '4.1': 3,
  '4.2': 1,
  '4.3': 2,
  '4.4': 4,
  '5.1': 1,
  '5.2': 3,
  '5.3': 2,
  '5.4': 3,
  '6.1': 3,
  '6.2': 12,
  '6.3': 4,
  '6.4': 4,
  '6.5': 5,
  '6.6': 3,
  '6.8': 4,
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 2,
  '7.6': 2,
  '8.1': 2,
  '8.2': 3,
  '8.3': 1,
  '8.4': 1,
  '9.1': 3,
  '9.2': 4,
  '10.1': 2,
  '10.2': 2,
  '10.3': 4,
  '10.4': 11,
  '10.5': 5,
  '10.6': 2,
  '10.7': 3,
  '11.1': 2,
  '11.2': 3,
  '11.3': 3,
  '11.4': 4,
  '11.5': 1,
  '11.6': 1,
  '12.1': 3,
  '12.2': 2,
  '12.3': 4,
  '13.1': 1,
  '13.2': 5,
  '13.3': 2,
  '13.4': 5,
  '14.1': 2,
  '14.2': 4,
  '14.3': 3,
  '15.1': 3,
  '15.2': 3,
  '15.3': 7,
  '16.1': 1,
  '16.2': 5,
  '16.3': 4,
  '16.4': 3,
  '16.5': 3,
  '17.1': 1,
  '17.2': 4,
  '17.3': 2,
}

const page = 'docs/asvs.md'

const rows = readFileSync(join(root, page), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const cells = line.slice(2, -2).split(' | ')
    const [numbers = '', requirement = '', state = '', how = '', code = '', shown = ''] = cells
    expect(cells, line).toHaveLength(6)
    expect(requirement, line).toMatch(/\w/)
    return {
      numbers: numbers.split(', '),
      state,
      how,
      code: code.split('<br>'),
      shown: shown.split('<br>'),
    }
  })

test('docs/asvs.md has each requirement of levels 1 and 2 once', () => {
  const wanted = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, at) => `${section}.${at + 1}`),
  )
  expect(wanted).toHaveLength(253)
  expect(rows.flatMap(({ numbers }) => numbers).sort()).toEqual(wanted.sort())
})

test('docs/asvs.md counts its rows, and SECURITY.md names each requirement that is not met', () => {
  const count = (wanted: string) =>
    rows.filter(({ state }) => state === wanted).flatMap(({ numbers }) => numbers).length
  const states = ['met', 'documented', 'operator', 'not applicable', 'not met']
  const counts = states.map((state) => `${count(state)} ${state}`).join(', ')
  expect(readFileSync(join(root, page), 'utf8')).toContain(`Of all requirements: ${counts}.`)

  const security = readFileSync(join(root, 'SECURITY.md'), 'utf8')
  const named = [...security.matchAll(/^- \*\*([\d., ]+)\*\*/gm)].flatMap(([, numbers = '']) =>
    numbers.split(', '),
  )
  const unmet = rows.filter(({ state }) => state === 'not met').flatMap(({ numbers }) => numbers)
  expect(named.sort()).toEqual(unmet.sort())
})

// A proof runs only before a release.
test.for(rows.filter(({ state }) => state === 'met'))(
  'docs/asvs.md names existing code, and a test that npm test runs, for $numbers',
  ({ code, shown }) => {
    for (const each of code) {
      expect(each).toMatch(/^`(?!.*\.test\.)[\w./-]+`$/)
      expect(existsSync(join(root, each.slice(1, -1))), each).toBe(true)
    }
    for (const each of shown) {
      const [, file = '', title = ''] = /^`([\w./-]+\.test\.tsx?)`: (.+)$/.exec(each) ?? [each]
      expect(existsSync(join(root, file)), each).toBe(true)
      expect(titlesIn(readFileSync(join(root, file), 'utf8'))).toContain(title)
    }
  },
)

test.for(rows.filter(({ state }) => state !== 'met'))(
  'docs/asvs.md names a reason or a section for $numbers',
  ({ state, how, shown }) => {
    expect(how.length).toBeGreaterThan(7)
    if (state === 'not applicable' || state === 'not met') return
    expect(state).toMatch(/^(documented|operator)$/)
    for (const each of shown) {
      const [, path = '', anchor = ''] = /\]\(([^#)]+)#([^)]+)\)$/.exec(each) ?? []
      const text = readFileSync(join(root, dirname(page), path), 'utf8')
      expect([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading))).toContain(
        anchor,
      )
    }
  },
)

/** The literals with which a test begins, also one for several cases. */
function titlesIn(text: string): string[] {
  const beginnings = text.matchAll(/(?:\btest|\))\(\s*(['"])((?:(?!\1).)+)\1,/g)
  return [...beginnings].map(([, , title = '']) => title)
}

function anchorOf(heading = ''): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}
