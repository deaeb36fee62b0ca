/**
 * The URL of a database for the superuser of IDEM_TEST_SUPERUSER (`name:password`), for faults that the
 * plain role of the server cannot cause.
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
