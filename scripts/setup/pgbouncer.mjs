import { provide } from './debian-package.mjs'

/** The path of a PgBouncer for the tests behind a pooler; as root on Debian or Ubuntu a missing one is installed. */
export function findPgBouncer() {
  return provide({
    names: ['pgbouncer'],
    folders: ['/usr/sbin'],
    debianPackage: 'pgbouncer',
    need: 'The tests behind a pooler need',
  })
}
