import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from '../run-tool.ts'
import { packed } from './packed.ts'

const pnpm = fileURLToPath(new URL('../../node_modules/.bin/pnpm', import.meta.url))

/** Adds the packed packages to the project and installs it, like `npm i` with both. */
export async function installPacked(folder: string): Promise<void> {
  const tarballs = await packed()
  const file = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  manifest.dependencies['@idem/idempotency'] = `file:${tarballs.idempotency}`
  manifest.dependencies['@idem/outbox'] = `file:${tarballs.outbox}`
  await writeFile(file, JSON.stringify(manifest, undefined, 2))
  const options = ['--no-frozen-lockfile', '--prefer-offline']
  await runTool(pnpm, ['install', ...options], { cwd: folder })
}
