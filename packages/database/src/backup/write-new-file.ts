import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type NewFile = {
  /** For messages. */
  readonly what: 'backup' | 'export'
  readonly file: string
  readonly signal?: AbortSignal | undefined
}

/**
 * The file gets its name when it is complete and on disk; an existing file is never replaced.
 *
 * @returns the number of bytes
 * @throws a readable error when the file exists or cannot be written
 */
export async function writeNewFile(
  streams: readonly [Readable, ...Transform[]],
  settings: NewFile,
): Promise<number> {
  const { file, signal } = settings
  const draft = `${file}.${process.pid}.part`
  try {
    // It contains user data, so only its owner may read it.
    const handle = await open(draft, 'wx', 0o600)
    const sink = handle.createWriteStream({ flush: true })
    await pipeline([...streams, sink], signal === undefined ? {} : { signal })
    await mustBeFree(settings)
    await rename(draft, file)
    await syncFolder(dirname(file))
    return sink.bytesWritten
  } catch (error) {
    await rm(draft, { force: true })
    throw isAboutFile(error) ? unwritable(settings, error) : error
  }
}

export async function mustBeFree({ what, file }: NewFile): Promise<void> {
  const found = await stat(file).catch(() => undefined)
  if (found !== undefined) {
    throw new Error(
      `${file} already exists and is not replaced; choose another name for the ${what}.`,
    )
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}

function isAboutFile(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}

function unwritable({ what, file }: NewFile, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') {
    return new Error(
      `The folder ${dirname(file)} for the ${what} does not exist; create it, or choose another path.`,
      { cause },
    )
  }
  return new Error(
    `The ${what} could not be written to ${file} (${cause.message}), and no partial file was left; free space or choose another path.`,
    { cause },
  )
}
