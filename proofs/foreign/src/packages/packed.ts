import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** The packages that other projects install, with the folder of each. */
export const published = ['idempotency', 'outbox', 'check'] as const

export type Published = (typeof published)[number]

/** Builds and packs the packages like a release, and returns the tarball of each. */
export async function packed(): Promise<Readonly<Record<Published, string>>> {
  await promisify(execFile)(process.execPath, ['scripts/pack.mjs'], { cwd: root })
  const [idempotency = '', outbox = '', check = ''] = await Promise.all(published.map(tarballOf))
  return { idempotency, outbox, check }
}

async function tarballOf(name: Published): Promise<string> {
  const manifest = await readFile(`${root}packages/${name}/package.json`, 'utf8')
  return `${root}dist/packages/idem-${name}-${JSON.parse(manifest).version}.tgz`
}
