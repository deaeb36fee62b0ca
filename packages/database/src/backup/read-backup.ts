import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import {
  type Counts,
  firstWord,
  formatVersion,
  type Header,
  lastWord,
  type Table,
  tableNames,
  tables,
} from './backup-format.ts'

export type Checked = { readonly header: Header; readonly counts: Counts }

/** The names of the columns with invalid values. */
export type InvalidColumns = (table: Table, row: unknown) => readonly string[]

/**
 * Reads a backup to its end before it is used, so that a restore does not fail halfway.
 *
 * @throws a readable error when the file is damaged, incomplete or not a backup, or has invalid rows
 */
export async function checkBackup(file: string, invalidColumns: InvalidColumns): Promise<Checked> {
  let header: Header | undefined
  let end: Counts | undefined
  const counts: Record<string, number> = {}
  let line = 0
  for await (const { word, rest } of wordsOf(file)) {
    line += 1
    if (header === undefined) header = headerOf(file, word, rest)
    else if (end !== undefined) throw damaged(file)
    else if (word === lastWord) end = countsOf(file, rest)
    else if (isTable(word)) {
      counts[word] = (counts[word] ?? 0) + 1
      const [column] = invalidColumns(word, parsed(file, rest))
      if (column !== undefined) throw invalid(file, `an invalid ${word} in line ${line}: ${column}`)
    } else throw damaged(file)
  }
  if (header === undefined || end === undefined || !areEqual(end, counts)) throw damaged(file)
  if (counts.installation !== 1) {
    throw invalid(file, `${counts.installation ?? 0} rows of installation instead of one`)
  }
  return { header, counts: end }
}

/** The rows of a checked backup, each as the text of a JSON object. */
export async function* rowsOf(file: string): AsyncGenerator<{ table: Table; row: string }> {
  for await (const { word, rest } of wordsOf(file)) {
    if (isTable(word)) yield { table: word, row: rest }
  }
}

async function* wordsOf(file: string): AsyncGenerator<{ word: string; rest: string }> {
  for await (const line of linesOf(file)) {
    const space = line.indexOf(' ')
    yield { word: line.slice(0, space), rest: line.slice(space + 1) }
  }
}

/** Not Node's readline, which also splits at U+2028, a valid character of a title. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const text = createGunzip()
  text.setEncoding('utf8')
  const reading = pipeline(createReadStream(file), text)
  // The loop throws it again, with a readable message.
  reading.catch(() => {})
  let rest = ''
  try {
    for await (const chunk of text) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    await reading
  } catch (cause) {
    throw explained(file, cause)
  }
  if (rest !== '') throw damaged(file)
}

function explained(file: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause
  const code = String(cause.code)
  if (code === 'Z_DATA_ERROR' && cause.message === 'incorrect header check') return foreign(file)
  if (code.startsWith('Z_')) return damaged(file)
  return new Error(
    `The backup ${file} could not be read (${cause.message}); use a readable file.`,
    {
      cause,
    },
  )
}

function headerOf(file: string, word: string, rest: string): Header {
  if (word !== firstWord) throw foreign(file)
  const [version = '', ...json] = rest.split(' ')
  if (Number(version) !== formatVersion) {
    throw new Error(
      `${file} has the backup format ${version}, but this release of Idem reads format ${formatVersion}; restore it with the release that wrote it.`,
    )
  }
  const header = parsed(file, json.join(' ')) as Partial<Header> | null
  const { madeAt, postgres, migrations, records } = header ?? {}
  if (typeof madeAt !== 'string' || typeof postgres !== 'string') throw damaged(file)
  if (!Array.isArray(migrations) || migrations.length === 0) throw damaged(file)
  if (typeof records !== 'number') throw damaged(file)
  return { madeAt, postgres, migrations: migrations.map(String), records }
}

function countsOf(file: string, rest: string): Counts {
  const counts = parsed(file, rest)
  if (typeof counts !== 'object' || counts === null) throw damaged(file)
  return { ...counts }
}

function parsed(file: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw damaged(file)
  }
}

function isTable(word: string): word is Table {
  return Object.hasOwn(tables, word)
}

function areEqual(end: Counts, counts: Counts): boolean {
  return tableNames.every((table) => (end[table] ?? 0) === (counts[table] ?? 0))
}

function foreign(file: string): Error {
  return new Error(`${file} is not a backup of Idem; use a file that idem backup wrote.`)
}

function invalid(file: string, what: string): Error {
  return new Error(
    `The backup ${file} has ${what}, so nothing was restored; use a file that idem backup wrote.`,
  )
}

function damaged(file: string): Error {
  return new Error(
    `The backup ${file} is damaged or truncated, so nothing was restored; use another backup.`,
  )
}
