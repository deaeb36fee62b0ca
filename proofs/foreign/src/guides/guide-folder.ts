import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from '../run-tool.ts'
import { codeBlocksOf, root } from './code-blocks.ts'

const here = fileURLToPath(new URL('../../', import.meta.url))

/** The files of a guide as it shows them, and a server around them where one of the tests is given. */
export async function guideFolder(name: string, server?: string) {
  await mkdir(`${here}dist`, { recursive: true })
  const folder = await mkdtemp(`${here}dist/${name}-`)
  const blocks = await codeBlocksOf(`packages/idempotency/guides/${name}.md`)
  for (const { file, text } of blocks) {
    if (file !== undefined) await writeFile(join(folder, file), text)
  }
  if (server !== undefined) await copyFile(server, join(folder, 'server.ts'))
  return {
    folder,
    blocks,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 10 }),
  }
}

/** `npx idem migrate`, as each guide begins. */
export async function idemMigrate(url: string): Promise<void> {
  const idem = `${root}packages/idempotency/src/cli/idem.ts`
  await runTool(process.execPath, [idem, 'migrate'], { cwd: here, env: { DATABASE_URL: url } })
}
