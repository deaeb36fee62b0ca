import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { needTools } from './need-tools.ts'
import { runTool } from './run-tool.ts'

/** A new Debian in a folder, as small as the image debian:trixie-slim. */
export async function makeDebian(folder: string): Promise<void> {
  needTools('debootstrap')
  await runTool('debootstrap', ['--variant=minbase', 'trixie', folder])
  for (const unused of ['share/doc', 'share/man', 'share/locale'].map((each) => `usr/${each}`)) {
    await empty(join(folder, unused))
  }
  for (const unused of ['cache/apt', 'lib/apt/lists']) await empty(join(folder, 'var', unused))
  // It also trusts the authorities that this machine's network needs.
  const authorities = '/usr/local/share/ca-certificates'
  if ((await readdir(authorities).catch(() => [])).length > 0) {
    await cp(authorities, join(folder, authorities), { recursive: true })
  }
}

async function empty(folder: string): Promise<void> {
  await rm(folder, { recursive: true })
  await mkdir(folder)
}
