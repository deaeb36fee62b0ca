import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'

export type Environment = z.infer<typeof Variables>

/** Reads every variable once, at startup, and lists all mistakes together. */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined && value !== '')
  const read = Variables.safeParse(Object.fromEntries(given))
  const mistakes = [
    ...given.flatMap(([name]) => (isUnknown(name) ? [`${name}: unknown setting.`] : [])),
    ...(read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  ]
  if (read.success && mistakes.length === 0) return read.data
  throw new Error(
    ['Invalid configuration. Fix the following and start again:', ...mistakes].join('\n  '),
  )
}

const loopbackIPv4 = /^127(\.\d+){3}$/

/** Whether the name, as `Host` and `Origin` write it, always means this machine. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || loopbackIPv4.test(name)
}

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

const Variables = z.object({
  PORT: z.coerce
    .number({ error: 'expected a port number.' })
    .int({ error: 'a port is a whole number.' })
    .min(0)
    .max(65_535, { error: 'a port is at most 65535.' })
    .default(3000),
  HOST: z
    .string()
    .refine((host) => host === 'localhost' || host === '::1' || loopbackIPv4.test(host), {
      error:
        'only a loopback address (127.0.0.1, ::1, localhost) is allowed while there is no sign-in; put a proxy that authenticates users in front.',
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
  IDEM_REQUIRE_KEY: z
    .enum(['true', 'false'], { error: 'expected true or false.' })
    .default('false')
    .transform((word) => word === 'true'),
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

/** Variables of the tests, the example and the tools, which a shell may export to every process. */
const othersSettings = /^IDEM_(TEST_.*|PROVE|CHROMIUM|URL)$/
