import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, type as system, totalmem } from 'node:os'

export type Machine = ReturnType<typeof machine>

/** Where it was measured, and with which versions. */
export function machine(postgres: string) {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${system()} ${release().split('-', 1)}`,
    versions: { node: process.versions.node, postgres, ...peerVersions() },
  }
}

function peerVersions(): Record<string, string> {
  const file = new URL('../../peers/package.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).dependencies
}
