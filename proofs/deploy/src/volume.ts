import { chown } from 'node:fs/promises'
import { temporaryFolder } from '@idem/test-support/temporary-folder'

/** A folder in the place of the volume. */
export async function volume(owner = 1000) {
  const folder = await temporaryFolder()
  await chown(folder.path, owner, owner)
  return folder
}
