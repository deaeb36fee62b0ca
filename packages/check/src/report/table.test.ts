import { expect, test } from 'vitest'
import { held } from './report.ts'
import { tableOf } from './table.ts'

test('control characters of the server under test are shown and not obeyed', () => {
  const finding = { attack: 'sent twice', ...held('body: \u001b[2J\u009b31m, two\nlines') }
  const table = tableOf({
    url: 'http://localhost/',
    profile: 'ietf',
    counted: true,
    findings: [finding],
  })
  expect(table).toContain(String.raw`body: \u001b[2J\u009b31m, two\u000alines`)
  expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
