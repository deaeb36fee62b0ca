import { execFileSync } from 'node:child_process'
import { appendFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@idem/test-support/temporary-folder'

/** Mounting needs root. */
export const canMountDisks = process.platform === 'linux' && process.getuid?.() === 0

/** A disk of this many MB in memory, which a test can fill completely. */
export async function smallDisk(megabytes: number) {
  const folder = await temporaryFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder.path])
  const ballast = join(folder.path, 'ballast')
  return {
    path: folder.path,
    /** All but this number of blocks. */
    async fill(leaving = 0) {
      for (const size of [1_048_576, 4_096, 1]) {
        const piece = Buffer.alloc(size)
        for (let fits = true; fits; ) {
          fits = await appendFile(ballast, piece).then(
            () => true,
            () => false,
          )
        }
      }
      const { size } = await stat(ballast)
      await truncate(ballast, size - leaving * 4_096)
    },
    free: () => rm(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['--lazy', folder.path])
      await folder[Symbol.asyncDispose]()
    },
  }
}
