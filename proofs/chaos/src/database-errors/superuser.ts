/**
 * The same database as the superuser that IDEM_TEST_SUPERUSER names (`name:password`),
 * for what a test does behind the back of a server whose own role has no such rights.
 */
export function asSuperuser(databaseUrl: string): string {
  const given = process.env.IDEM_TEST_SUPERUSER
  if (!given) return databaseUrl
  const url = new URL(databaseUrl)
  const [name = '', password = ''] = given.split(':')
  url.username = name
  url.password = password
  return url.href
}
