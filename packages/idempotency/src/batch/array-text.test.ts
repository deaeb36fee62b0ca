import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { arrayText } from './batch-pool.ts'
import type { ColumnValue } from './batch-settings.ts'

const everyByte = Array.from({ length: 0xff }, (_, at) => String.fromCharCode(at + 1)).join('')

test.for<[name: string, type: string, elements: readonly ColumnValue[]]>([
  [
    'texts',
    'text',
    ['', ' ', 'null', '{}', ',', '"', '\\', '\\"', '\\n', "'", '🥛', '\u2028', 'é\n"'],
  ],
  ['texts of every character', 'text', [everyByte, `${everyByte}🥛`]],
  ['texts and nulls', 'text', [null, 'x', null]],
  ['no texts', 'text', []],
  ['UUIDs', 'uuid', ['01939d3e-7c1a-7abc-8def-0123456789ab']],
  [
    'numbers',
    'float8',
    [0, -1.5, 1_795_832_518_129.25, Number.NaN, Number.POSITIVE_INFINITY, null],
  ],
  ['booleans', 'boolean', [true, false, null]],
])('PostgreSQL reads an array of %s as its elements', async ([, type, elements]) => {
  await using database = await scratchDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows } = await client.query(`select $1::${type}[] as read`, [arrayText(elements)])
    expect(rows).toEqual([{ read: elements }])
  } finally {
    await client.end()
  }
})

test('an undefined element is null, as the driver sends it', () => {
  expect(arrayText([undefined, 1])).toBe('{null,1}')
})
