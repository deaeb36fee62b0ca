import { randomUUID } from 'node:crypto'
import { chmod, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A copy of a folder that everybody may read and run. One that is there already is taken as it is. */
export async function copyWithinReach(folder: string, target: string): Promise<string> {
  if (await exists(target)) return target
  const home = dirname(target)
  await mkdir(home, { recursive: true })
  await chmod(home, 0o755)
  // Complete under another name first, so that a copy cut short is never taken for the whole.
  const draft = `${target}.${randomUUID()}`
  await cp(folder, draft, { recursive: true, verbatimSymlinks: true })
  await openToAll(draft)
  await rename(draft, target).catch(async (error) => {
    await rm(draft, { recursive: true })
    if (!(await exists(target))) throw error
  })
  return target
}

/** The copy has the modes of its source, which may have been unpacked for root alone. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const { mode } = await stat(path)
    await chmod(path, entry.isDirectory() || (mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
