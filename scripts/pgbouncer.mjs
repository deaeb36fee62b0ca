import { Complaint } from './complaint.mjs'
import { installDebianPackage, onPath } from './debian-package.mjs'

/** The path of a PgBouncer for the tests behind a pooler; as root on Debian or Ubuntu it is installed if there is none. */
export async function findPgBouncer() {
  const find = () => onPath(['pgbouncer'], ['/usr/sbin'])
  if (find() === undefined) {
    await installDebianPackage(
      'pgbouncer',
      'PgBouncer could not be installed; the output of apt-get is above. Install it by hand.',
    )
  }
  const found = find()
  if (found !== undefined) return found
  throw new Complaint(
    'The tests behind a pooler need PgBouncer, and there is none on the PATH. Install it (on Debian: apt-get install pgbouncer) and try again.',
  )
}
