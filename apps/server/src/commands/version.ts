import { knownRequirements } from '@idem/idempotency/migrate'
import { readRelease } from '../release.ts'
import type { Given } from './run-command.ts'

/** With `--json` as another release reads it before an upgrade. */
export async function version({ options: { json } }: Given): Promise<number> {
  const release = { ...readRelease(), requirements: [...knownRequirements] }
  process.stdout.write(json === true ? `${JSON.stringify(release)}\n` : `${nameOf(release)}\n`)
  return 0
}

export function nameOf({ version: number, commit }: ReturnType<typeof readRelease>): string {
  return commit === undefined ? number : `${number} (${commit.slice(0, 12)})`
}
