import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { knownMigrations } from '../migrations/migrate.ts'
import { checkMigrations } from './load-backup.ts'
import { checkBackup, rowsOf } from './read-backup.ts'

const lines = [
  'idem-backup 2 {"madeAt":"2026-11-24T12:00:00+00:00","postgres":"18.4","migrations":["first"],"records":1}',
  'installation {"id":1}',
  'todo {"title":"one \u2028 line"}',
  'end {"installation":1,"todo":1,"idempotency_record":0}',
  '',
]

const noneIsWrong = () => []

/** A file with these bytes. */
async function fileOf(bytes: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'idem-read-'))
  const file = join(folder, 'a.backup')
  await writeFile(file, bytes)
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

const packed = (text: readonly string[]) => gzipSync(text.join('\n'))

test('a complete backup is read row by row', async () => {
  await using it = await fileOf(packed(lines))
  const { counts } = await checkBackup(it.file, noneIsWrong)
  expect(counts).toEqual({ installation: 1, todo: 1, idempotency_record: 0 })
  const rows: unknown[] = []
  for await (const row of rowsOf(it.file)) rows.push(row)
  expect(rows).toEqual([
    { table: 'installation', row: '{"id":1}' },
    { table: 'todo', row: '{"title":"one \u2028 line"}' },
  ])
})

test.for<[string, (lines: readonly string[]) => string[]]>([
  ['without its last line', (whole) => [...whole.slice(0, -2), '']],
  ['without one of its rows', (whole) => whole.toSpliced(2, 1)],
  ['without its last line break', (whole) => whole.slice(0, -1)],
  ['with something behind its end', (whole) => [...whole.slice(0, -1), 'more']],
  ['with two ends', (whole) => [...whole.slice(0, -1), String(whole.at(-2)), '']],
  ['with a table that nobody knows', (whole) => whole.toSpliced(2, 0, 'fruit {}')],
  ['with a row that is not JSON', (whole) => whole.toSpliced(2, 1, 'todo {"title":')],
  ['with an end that is not JSON', (whole) => whole.toSpliced(3, 1, 'end {')],
  ['with an end without counts', (whole) => whole.toSpliced(3, 1, 'end null')],
  ['with a header that is not JSON', (whole) => whole.toSpliced(0, 1, 'idem-backup 2 {')],
  ['with an empty header', (whole) => whole.toSpliced(0, 1, 'idem-backup 2 {}')],
])('a backup %s is refused', async ([, damage]) => {
  await using it = await fileOf(packed(damage(lines)))
  await expect(checkBackup(it.file, noneIsWrong)).rejects.toThrow(
    `The backup ${it.file} is damaged or truncated, so nothing was restored; use another backup.`,
  )
})

test('a backup without the row of the installation, or with two, is refused', async () => {
  const end = (rows: number) => `end {"installation":${rows},"todo":1,"idempotency_record":0}`
  const [header = '', installation = '', todo = ''] = lines
  await using none = await fileOf(packed([header, todo, end(0), '']))
  await expect(checkBackup(none.file, noneIsWrong)).rejects.toThrow(
    `The backup ${none.file} has 0 rows of installation instead of one, so nothing was restored; use a file that idem backup wrote.`,
  )
  await using two = await fileOf(packed([header, installation, installation, todo, end(2), '']))
  await expect(checkBackup(two.file, noneIsWrong)).rejects.toThrow('has 2 rows of installation')
})

test('a backup with an invalid row is refused, and its column is named', async () => {
  await using it = await fileOf(packed(lines))
  const titleIsWrong = (table: string) => (table === 'todo' ? ['title'] : [])
  await expect(checkBackup(it.file, titleIsWrong)).rejects.toThrow(
    `The backup ${it.file} has an invalid todo in line 3: title, so nothing was restored; use a file that idem backup wrote.`,
  )
})

test('a backup with any changed byte or truncated at any byte is refused', async () => {
  const whole = packed(lines)
  // After the ten bytes of gzip's header, which contain a date and the like.
  for (let at = 10; at < whole.length; at += 7) {
    const changed = Buffer.from(whole)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    for (const bytes of [changed, whole.subarray(0, at)]) {
      await using it = await fileOf(bytes)
      await expect(checkBackup(it.file, noneIsWrong)).rejects.toThrow(
        /is damaged or truncated|not a backup/,
      )
    }
  }
})

test('an empty file, plain text and other gzip files are refused', async () => {
  for (const bytes of [Buffer.from('Dear Ada'), packed(['Dear Ada', ''])]) {
    await using it = await fileOf(bytes)
    await expect(checkBackup(it.file, noneIsWrong)).rejects.toThrow(
      `${it.file} is not a backup of Idem; use a file that idem backup wrote.`,
    )
  }
  await using empty = await fileOf(Buffer.alloc(0))
  await expect(checkBackup(empty.file, noneIsWrong)).rejects.toThrow('is damaged or truncated')
})

test.for([1, 3])('a backup of format %s is refused', async (format) => {
  const other = lines.map((line) => line.replace('idem-backup 2', `idem-backup ${format}`))
  await using it = await fileOf(packed(other))
  await expect(checkBackup(it.file, noneIsWrong)).rejects.toThrow(
    `has the backup format ${format}, but this release of Idem reads format 2; restore it with the release that wrote it.`,
  )
})

test('a backup of a later release is refused by its migrations', async () => {
  const header = { madeAt: '', postgres: '', migrations: await knownMigrations(), records: 1 }
  await checkMigrations(header)
  const later = { ...header, migrations: [...header.migrations, '29990101_later'] }
  await expect(checkMigrations(later)).rejects.toThrow(
    'written by a newer release of Idem, whose migrations (29990101_later)',
  )
  await expect(checkMigrations({ ...header, records: 9 })).rejects.toThrow('migrations (idem 9)')
})
