import { randomUUID } from 'node:crypto'
import { chmod, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Copies a folder so that every user may read and execute it. An existing copy is reused unchanged. */
export async function worldReadableCopy(folder: string, target: string): Promise<string> {
  if (await exists(target)) return target
  const parent = dirname(target)
  await mkdir(parent, { recursive: true })
  await chmod(parent, 0o755)
  // Renamed when complete, so that an interrupted copy is never taken for a complete one.
  const draft = `${target}.${randomUUID()}`
  await cp(folder, draft, { recursive: true, verbatimSymlinks: true })
  await makeWorldReadable(draft)
  await rename(draft, target).catch(async (error) => {
    await rm(draft, { recursive: true })
    if (!(await exists(target))) throw error
  })
  return target
}

/** The copy inherits the modes of its source, which may have been unpacked for root alone. */
async function makeWorldReadable(folder: string): Promise<void> {
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
