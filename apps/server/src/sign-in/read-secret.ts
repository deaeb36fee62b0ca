import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../environment.ts'

/** IDEM_SECRET, or the one in the data folder, which the first start with sign-in writes. */
export async function readSecret({ IDEM_SECRET, IDEM_DATA_DIR }: Environment): Promise<string> {
  if (IDEM_SECRET !== undefined) return IDEM_SECRET
  const file = join(IDEM_DATA_DIR, 'secret')
  await mkdir(IDEM_DATA_DIR, { recursive: true })
  // `wx`: of two processes that start at once, both use the file of the first.
  await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  const secret = await readFile(file, 'utf8')
  if (secret.length >= 32) return secret
  throw new Error(
    `${file} is damaged; delete it and start again. Devices are then no longer known.`,
  )
}
