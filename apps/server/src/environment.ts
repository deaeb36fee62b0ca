import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { nearestWord } from './nearest-word.ts'

export type Environment = z.infer<typeof Variables>

/** The address that people use. `basePath`: the prefix of all paths, such as `/todos`; empty at the root. */
export type PublicUrl = NonNullable<Environment['IDEM_PUBLIC_URL']>

/** Reads every variable once, at startup, and lists all mistakes together. */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const set = Object.entries(variables).filter(([, value]) => value !== undefined && value !== '')
  const { secrets, unreadable } = readSecretFiles(Object.fromEntries(set))
  const given = set.filter(([name]) => !isSecretFile(name))
  const values = { ...Object.fromEntries(given), ...secrets }
  const read = Variables.safeParse(values)
  const mistakes = [
    ...given.flatMap(([name]) => (isUnknown(name) ? [unknownSetting(name)] : [])),
    ...unreadable,
    ...(read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...mistakesOfSignIn(values),
  ]
  if (read.success && mistakes.length === 0) return read.data
  throw new Error(
    ['Invalid configuration. Fix the following and start again:', ...mistakes].join('\n  '),
  )
}

const secretNames = [
  'IDEM_SECRET',
  'IDEM_SECRET_PREVIOUS',
  'IDEM_METRICS_TOKEN',
  'DATABASE_URL',
] as const

function isSecretFile(name: string): boolean {
  return secretNames.some((secret) => name === `${secret}_FILE`)
}

type Values = Readonly<Record<string, string | undefined>>

/** Every secret may be in a file instead, as container platforms provide it: `IDEM_SECRET_FILE`. */
function readSecretFiles(variables: Values) {
  const secrets: Record<string, string> = {}
  const unreadable: string[] = []
  for (const name of secretNames) {
    const file = variables[`${name}_FILE`]
    if (file === undefined) continue
    try {
      secrets[name] = readFileSync(file, 'utf8').trim()
    } catch {
      unreadable.push(`${name}_FILE: the file cannot be read.`)
    }
    if (variables[name] !== undefined) {
      unreadable.push(`${name}_FILE: set either this or ${name}, not both.`)
    }
  }
  return { secrets, unreadable }
}

/** Everyone who connects from elsewhere signs in, here or at a proxy that the operator names. */
function mistakesOfSignIn(values: Values): string[] {
  const { HOST = '127.0.0.1', IDEM_ALLOWED_HOSTS = '', IDEM_PUBLIC_URL } = values
  const needed =
    'needs sign-in; set IDEM_PUBLIC_URL to the address that people use, such as https://todo.example.org.'
  const isProxySignIn = values.IDEM_PROXY_AUTHENTICATES === 'true'
  if (IDEM_PUBLIC_URL !== undefined) {
    const needsSecret = values.DATABASE_URL !== undefined && values.IDEM_SECRET === undefined
    return [
      ...(isProxySignIn
        ? ['IDEM_PROXY_AUTHENTICATES: leave it unset with IDEM_PUBLIC_URL, which turns sign-in on.']
        : []),
      ...(needsSecret
        ? [
            'IDEM_SECRET: required with IDEM_PUBLIC_URL and DATABASE_URL; "openssl rand -hex 32" generates one, the same for all instances.',
          ]
        : []),
    ]
  }
  const unmet =
    values.IDEM_REQUIRE_SECOND_FACTOR === 'true' ? [`IDEM_REQUIRE_SECOND_FACTOR: ${needed}`] : []
  if (isProxySignIn) return unmet
  const names = IDEM_ALLOWED_HOSTS.split(',').flatMap((name) => name.trim().toLowerCase() || [])
  return [
    ...unmet,
    ...(isLoopbackHost(HOST) ? [] : [`HOST: an address beyond loopback ${needed}`]),
    ...(names.every((name) => isLoopbackName(name) || isLoopbackHost(name))
      ? []
      : [`IDEM_ALLOWED_HOSTS: a name beyond loopback ${needed}`]),
  ]
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || loopbackIPv4.test(host)
}

const loopbackIPv4 = /^127(\.\d+){3}$/

/** Whether the name, as `Host` and `Origin` write it, always means this machine. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || loopbackIPv4.test(name)
}

/** A range of all addresses would let each client write its own. */
function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return (
    bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  )
}

const Secret = z.string().min(32, {
  error: 'expected at least 32 characters; "openssl rand -hex 32" generates such a secret.',
})

const Switch = z
  .enum(['true', 'false'], { error: 'expected true or false.' })
  .default('false')
  .transform((word) => word === 'true')

const Hours = z.coerce
  .number({ error: 'expected a number of hours.' })
  .int({ error: 'expected a whole number of hours.' })
  .min(2, {
    error: 'expected at least 2 hours, otherwise the window for claiming a key is empty.',
  })
  .max(87_600, { error: 'expected at most 87600 hours, which is ten years.' })

/** The default is far more than a browser opens. */
const Connections = z.coerce
  .number({ error: 'expected a number of connections.' })
  .int({ error: 'expected a whole number of connections.' })
  .min(1, { error: 'expected at least one connection.' })
  .max(50_000, { error: 'expected at most 50000 connections; start more instances for more.' })
  .default(1_000)

/** Characters that no client and no proxy escapes, so that a path has one form. */
const plainPath = /^(\/[\w.~-]+)*\/?$/

const Variables = z.object({
  PORT: z.coerce
    .number({ error: 'expected a port number.' })
    .int({ error: 'a port is a whole number.' })
    .min(0)
    .max(65_535, { error: 'a port is at most 65535.' })
    .default(3000),
  HOST: z
    .string()
    .refine((host) => isIP(host) > 0 || /^[a-z0-9.-]+$/i.test(host), {
      error: 'expected an address or the name of one, without brackets and port.',
    })
    .default('127.0.0.1'),
  IDEM_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((name) => name.trim().toLowerCase() || []))
    .refine((names) => names.every((name) => isIP(name) > 0 || /^[a-z0-9.-]+$/.test(name)), {
      error: 'expected host names separated by commas, without scheme or port.',
    })
    // The form of `Host` and `Origin`.
    .transform((names) => names.map((name) => (isIP(name) === 6 ? `[${name}]` : name))),
  IDEM_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'expected an address like https://todo.example.org.' })
    .transform((url) => new URL(url))
    .refine((url) => url.href === url.origin + url.pathname && plainPath.test(url.pathname), {
      error:
        'expected only scheme, host and port, and a path of letters, digits and - . _ ~ where other services share the host, such as https://home.example/todos.',
    })
    .refine((url) => url.protocol === 'https:' || isLoopbackName(url.hostname), {
      error: 'expected https: passwords and sessions would otherwise be readable on the network.',
    })
    .transform(({ origin, pathname }) => ({ origin, basePath: pathname.replace(/\/$/, '') }))
    .optional(),
  IDEM_SECRET: Secret.optional(),
  IDEM_SECRET_PREVIOUS: Secret.optional(),
  IDEM_REQUIRE_SECOND_FACTOR: Switch,
  IDEM_PROXY_AUTHENTICATES: Switch,
  IDEM_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((address) => address.trim() || []))
    .refine((addresses) => addresses.every(isAddressOrRange), {
      error:
        'expected IP addresses or ranges, such as 10.0.0.1, 172.16.0.0/12, fd00::/8, separated by commas. A range of /0 would trust everyone.',
    }),
  IDEM_MAX_CONNECTIONS: Connections,
  IDEM_DATA_DIR: z
    .string()
    .default('.data')
    .transform((folder) => resolve(folder)),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error:
        'expected a URL like postgresql://user:password@host:5432/database, with special characters of the password percent-encoded (%23 for #).',
    })
    .optional(),
  IDEM_KEY_RETENTION_HOURS: Hours.default(24),
  IDEM_TOMBSTONE_RETENTION_DAYS: z.coerce
    .number({ error: 'expected a number of days.' })
    .int({ error: 'expected a whole number of days.' })
    .min(1, { error: 'expected at least one day.' })
    .max(36_500, { error: 'expected at most 36500 days, which is a century.' })
    .default(365),
  IDEM_REQUIRE_KEY: Switch,
  IDEM_POOLER: z
    .literal('transaction', {
      error:
        'expected transaction, where DATABASE_URL points to a pooler; leave it unset where it points to PostgreSQL itself.',
    })
    .optional(),
  IDEM_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'expected one of trace, debug, info, warn, error, fatal and silent.',
    })
    .default('info'),
  IDEM_METRICS_TOKEN: z
    .string()
    // Valid in a header as a bearer token, and too long to guess.
    .regex(/^[\w.~+/-]{32,}=*$/, {
      error:
        'expected at least 32 characters: letters, digits and - . _ ~ + /; "openssl rand -hex 32" generates such a token.',
    })
    .optional(),
})

/** A misspelt setting would otherwise silently do nothing. */
function isUnknown(name: string): boolean {
  return name.startsWith('IDEM_') && !othersSettings.test(name) && !(name in Variables.shape)
}

function unknownSetting(name: string): string {
  const near = nearestWord(name, Object.keys(Variables.shape))
  return `${name}: unknown setting${near === undefined ? '' : `, probably ${near}`}.`
}

/** Variables of the tests, the example and the tools, which a shell may export to every process. */
const othersSettings = /^IDEM_(TEST_.*|PROVE|CHROMIUM|URL)$/
