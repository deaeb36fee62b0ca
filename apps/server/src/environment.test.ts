import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readEnvironment } from './environment.ts'

test('every variable has a default', () => {
  expect(readEnvironment({ PATH: '/bin', HOME: '/' })).toEqual({
    PORT: 3000,
    HOST: '127.0.0.1',
    IDEM_ALLOWED_HOSTS: [],
    IDEM_PROXY_AUTHENTICATES: false,
    IDEM_TRUSTED_PROXIES: [],
    IDEM_MAX_CONNECTIONS: 1_000,
    IDEM_DATA_DIR: resolve('.data'),
    IDEM_KEY_RETENTION_HOURS: 24,
    IDEM_TOMBSTONE_RETENTION_DAYS: 365,
    IDEM_REQUIRE_KEY: false,
    IDEM_REQUIRE_SECOND_FACTOR: false,
    IDEM_LOG_LEVEL: 'info',
  })
})

test('variables that are set are read', () => {
  const read = readEnvironment({
    PORT: '8080',
    HOST: '::1',
    IDEM_PUBLIC_URL: 'https://todo.example/',
    IDEM_SECRET: 'x'.repeat(32),
    IDEM_ALLOWED_HOSTS: 'todo.example, Other.example, ::7',
    DATABASE_URL: 'postgresql://idem@db.example/idem',
    IDEM_REQUIRE_KEY: 'true',
    IDEM_KEY_RETENTION_HOURS: '48',
  })
  expect(read).toMatchObject({
    PORT: 8080,
    HOST: '::1',
    IDEM_ALLOWED_HOSTS: ['todo.example', 'other.example', '[::7]'],
    IDEM_PUBLIC_URL: { origin: 'https://todo.example', basePath: '' },
    IDEM_REQUIRE_KEY: true,
    IDEM_KEY_RETENTION_HOURS: 48,
  })
})

test('IDEM_POOLER accepts only transaction', () => {
  expect(readEnvironment({ IDEM_POOLER: 'transaction' })).toMatchObject({
    IDEM_POOLER: 'transaction',
  })
  expect(() => readEnvironment({ IDEM_POOLER: 'session' })).toThrow(
    'IDEM_POOLER: expected transaction',
  )
})

test('an empty variable counts as unset', () => {
  expect(readEnvironment({ DATABASE_URL: '', PORT: '' })).toMatchObject({ PORT: 3000 })
})

test('all mistakes are listed together, each with its variable', () => {
  const read = () =>
    readEnvironment({
      PORT: '80 80',
      HOST: '0.0.0.0',
      DATABASE_URL: 'mysql://db',
      IDEM_KEY_RETENTION_HOURS: '1',
      IDEM_REQUIRE_KEY: 'yes',
      IDEM_ALLOWED_HOSTS: 'https://todo.example',
      IDEM_DATADIR: '/data',
    })
  for (const name of [
    'PORT',
    'HOST',
    'DATABASE_URL',
    'IDEM_KEY_RETENTION_HOURS',
    'IDEM_REQUIRE_KEY',
    'IDEM_ALLOWED_HOSTS',
    'IDEM_DATADIR',
  ]) {
    expect(read).toThrow(new RegExp(`^ {2}${name}: .*\\.$`, 'm'))
  }
})

test.for(['0.0.0.0', '::', '[::1]', '127.evil.example', '192.168.0.7', 'todo.example'])(
  'HOST=%s, beyond loopback, is rejected without IDEM_PUBLIC_URL',
  (HOST) => {
    expect(() => readEnvironment({ HOST })).toThrow('HOST: ')
  },
)

test.for([
  ['IDEM_KEY_RETENTION_HOURS', '2.5'],
  ['IDEM_KEY_RETENTION_HOURS', '1e300'],
  ['IDEM_TOMBSTONE_RETENTION_DAYS', '1.5'],
  ['IDEM_TOMBSTONE_RETENTION_DAYS', '0'],
  ['IDEM_TOMBSTONE_RETENTION_DAYS', '99999999'],
  ['IDEM_REQUIRE_SECOND_FACTOR', 'yes'],
  // Nobody could set one up without sign-in.
  ['IDEM_REQUIRE_SECOND_FACTOR', 'true'],
  ['IDEM_MAX_CONNECTIONS', '0'],
  ['IDEM_MAX_CONNECTIONS', 'many'],
  ['IDEM_MAX_CONNECTIONS', '50001'],
])('%s=%s is rejected at start', ([name, value]) => {
  expect(() => readEnvironment({ [String(name)]: value })).toThrow(`  ${name}: `)
})

test.for([
  '127.0.0.1:5432/idem',
  'postgresql://idem:pass#word@127.0.0.1/idem',
  'postgresql://idem@127.0.0.1:99999/idem',
  'mysql://127.0.0.1/idem',
])('the malformed DATABASE_URL %s is rejected without repeating its password', (url) => {
  const read = () => readEnvironment({ DATABASE_URL: url })
  expect(read).toThrow('  DATABASE_URL: expected a URL like postgresql://user:password@host')
  expect(read).not.toThrow('pass#word')
})

test.for(['short', 'x'.repeat(31), `${'x'.repeat(32)} y`, `${'x'.repeat(32)}é`])(
  'the weak or unsendable metrics token %s is rejected and not repeated',
  (secret) => {
    const read = () => readEnvironment({ IDEM_METRICS_TOKEN: secret })
    expect(read).toThrow('  IDEM_METRICS_TOKEN: expected at least 32 characters')
    expect(read).not.toThrow(secret)
  },
)

test.for(['x'.repeat(32), `${'Az09-._~+/'.repeat(4)}==`])(
  '%s is accepted as a metrics token',
  (secret) => {
    expect(readEnvironment({ IDEM_METRICS_TOKEN: secret }).IDEM_METRICS_TOKEN).toBe(secret)
  },
)

test('a name beyond loopback is rejected without IDEM_PUBLIC_URL', () => {
  const read = () => readEnvironment({ IDEM_ALLOWED_HOSTS: 'localhost,todo.example' })
  expect(read).toThrow(
    '  IDEM_ALLOWED_HOSTS: a name beyond loopback needs sign-in; set IDEM_PUBLIC_URL',
  )
})

test('a proxy that authenticates is a setting of its own, and not beside sign-in', () => {
  const proxied = { HOST: '0.0.0.0', IDEM_ALLOWED_HOSTS: 'todo.example' }
  expect(readEnvironment({ ...proxied, IDEM_PROXY_AUTHENTICATES: 'true' }).HOST).toBe('0.0.0.0')
  expect(() => readEnvironment({ ...proxied, IDEM_PROXY_AUTHENTICATES: 'false' })).toThrow(
    '  HOST: ',
  )
  const both = { IDEM_PROXY_AUTHENTICATES: 'true', IDEM_PUBLIC_URL: 'https://todo.example' }
  expect(() => readEnvironment(both)).toThrow('  IDEM_PROXY_AUTHENTICATES: leave it unset')
})

test.for(['https://home.example/a/todos', 'https://home.example/a/todos/'])(
  'IDEM_PUBLIC_URL=%s puts everything below a path',
  (IDEM_PUBLIC_URL) => {
    const expected = { origin: 'https://home.example', basePath: '/a/todos' }
    expect(readEnvironment({ IDEM_PUBLIC_URL }).IDEM_PUBLIC_URL).toEqual(expected)
  },
)

test.for(['10.0.0.1', '172.16.0.0/12, fd00::/8', '::1/128,10.0.0.1/32'])(
  'IDEM_TRUSTED_PROXIES=%s is accepted',
  (IDEM_TRUSTED_PROXIES) => {
    expect(readEnvironment({ IDEM_TRUSTED_PROXIES }).IDEM_TRUSTED_PROXIES).toEqual(
      IDEM_TRUSTED_PROXIES.split(/, ?/),
    )
  },
)

test.for(['proxy', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '10.0.0.0/8/8', '0.0.0.0/0', '::/0'])(
  'IDEM_TRUSTED_PROXIES=%s is rejected',
  (IDEM_TRUSTED_PROXIES) => {
    expect(() => readEnvironment({ IDEM_TRUSTED_PROXIES })).toThrow(
      '  IDEM_TRUSTED_PROXIES: expected IP addresses or ranges, such as 10.0.0.1',
    )
  },
)
test.for([
  'http://todo.example',
  'https://todo.example/?a',
  'https://todo.example/a b',
  'https://todo.example//a',
  'https://me@todo.example',
  'todo.example',
  'ftp://localhost',
])('IDEM_PUBLIC_URL=%s is rejected', (IDEM_PUBLIC_URL) => {
  expect(() => readEnvironment({ IDEM_PUBLIC_URL })).toThrow('  IDEM_PUBLIC_URL: expected ')
})

test('sign-in on an external database needs a secret, which may be in a file', () => {
  const shared = {
    IDEM_PUBLIC_URL: 'http://localhost:3000',
    DATABASE_URL: 'postgresql://idem@db.example/idem',
  }
  expect(() => readEnvironment(shared)).toThrow('  IDEM_SECRET: required')
  const IDEM_SECRET_FILE = fileURLToPath(new URL('node-env.ts', import.meta.url))
  expect(readEnvironment({ ...shared, IDEM_SECRET_FILE }).IDEM_SECRET).toMatch(/^\/\/ Imported/)
  const both = readEnvironment({
    ...{ ...shared, IDEM_SECRET_FILE },
    IDEM_SECRET_PREVIOUS_FILE: IDEM_SECRET_FILE,
  })
  expect(both.IDEM_SECRET_PREVIOUS).toBe(both.IDEM_SECRET)
  expect(() => readEnvironment({ IDEM_SECRET_PREVIOUS: 'short' })).toThrow(
    '  IDEM_SECRET_PREVIOUS: expected at least 32 characters',
  )
  expect(() => readEnvironment({ ...shared, IDEM_SECRET_FILE: '/none' })).toThrow(
    '  IDEM_SECRET_FILE: the file cannot be read.',
  )
})
