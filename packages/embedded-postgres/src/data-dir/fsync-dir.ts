import { open } from 'node:fs/promises'

/** A rename survives a power cut only after fsync of the folder. */
export async function fsyncDir(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}
