import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drawParts } from './draw-parts.ts'
import type { PartRecord } from './part-record.ts'

export type LongRun = {
  /** Holds a file for each part of each seed, and a picture for each seed. */
  readonly folder: string
  readonly seed: number
  readonly sources: string
}

const root = fileURLToPath(new URL('../../../../', import.meta.url))

export const defaultFolder = join(root, 'node_modules', '.cache', 'idem-nemesis')

/**
 * Names the code that a part proves: the last commit that changed more than documentation, and the changes of
 * tracked files since. A record of other sources proves nothing about these.
 */
export function sourcesOf(folder = root): string {
  const code = ['--', '.', ':!docs']
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 }).trim()
  const commit = git('log', '-1', '--format=%H', ...code)
  const changes = git('diff', 'HEAD', ...code)
  if (changes === '') return commit
  return `${commit} with changes ${createHash('sha256').update(changes).digest('hex').slice(0, 16)}`
}

/** The finished parts of a run, so that one that was ended continues after its last part. */
export function recordedParts({ folder, seed, sources }: LongRun) {
  mkdirSync(folder, { recursive: true })
  const taken = new Map<number, PartRecord>()
  const fileOf = (part: number) => join(folder, `seed-${seed}-part-${part}.json`)
  const picture = join(folder, `seed-${seed}.svg`)

  function draw(): void {
    const parts = [...taken.values()].toSorted((one, other) => one.part - other.part)
    writeWhole(picture, drawParts(parts))
  }

  return {
    picture,
    fileOf,
    /** The record of the same sources and seed, if there is one. */
    take(part: number): PartRecord | undefined {
      const file = fileOf(part)
      if (!existsSync(file)) return undefined
      // Only `keep` writes these files, and the sources are compared.
      const record = JSON.parse(readFileSync(file, 'utf8')) as PartRecord
      if (record.sources !== sources) return undefined
      taken.set(part, record)
      return record
    },
    /** Writes the record, and the picture of all parts so far. */
    keep(record: PartRecord): void {
      taken.set(record.part, record)
      writeWhole(fileOf(record.part), JSON.stringify(record))
      draw()
    },
    all: () => [...taken.values()],
  }
}

/** A killed process leaves no half of a file. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}
