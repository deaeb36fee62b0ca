import { knownRequirements } from '@idem/idempotency/migrate'
import { nameOf, readRelease } from '../release.ts'
import type { Given } from './run-command.ts'
import { mustHaveWayBack, parseDescribed } from './upgrade/described-release.ts'

/** With `--json` as another release reads it before an upgrade. */
export async function version({ options: { json, replaces } }: Given): Promise<number> {
  const release = { ...readRelease(), requirements: [...knownRequirements] }
  if (typeof replaces === 'string') {
    mustHaveWayBack(parseDescribed(replaces), parseDescribed(JSON.stringify(release)))
  }
  process.stdout.write(json === true ? `${JSON.stringify(release)}\n` : `${nameOf(release)}\n`)
  return 0
}
