import { UserError } from '../processes/user-error.mjs'
import { installDebianPackage, onPath } from './debian-package.mjs'

/** The path of a PgBouncer for the tests behind a pooler; as root on Debian or Ubuntu a missing one is installed. */
export async function findPgBouncer() {
  const find = () => onPath(['pgbouncer'], ['/usr/sbin'])
  if (find() === undefined) {
    await installDebianPackage(
      'pgbouncer',
      'PgBouncer could not be installed; the output of apt-get is above. Install it yourself.',
    )
  }
  const found = find()
  if (found !== undefined) return found
  throw new UserError(
    'The tests behind a pooler need PgBouncer on the PATH. Install it (on Debian: apt-get install pgbouncer) and try again.',
  )
}
