import { readFileSync } from 'node:fs'
import { z } from 'zod'

export type Release = z.infer<typeof Release>

/** The commit is known in a bundle; a checkout may have changes that no commit names. */
const Release = z.object({ version: z.string(), commit: z.string().optional() })

export function readRelease(): Release {
  return Release.parse(
    JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')),
  )
}

export function nameOf({ version, commit }: Release): string {
  return commit === undefined ? version : `${version} (${commit.slice(0, 12)})`
}
