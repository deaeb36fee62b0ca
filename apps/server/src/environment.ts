import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'

export type Environment = z.infer<typeof Variables>

/** Reads every variable once, at start, and lists all mistakes together. */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined && value !== '')
  const read = Variables.safeParse(Object.fromEntries(given))
  const mistakes = [
    ...given.flatMap(([name]) => (isUnknown(name) ? [`${name}: there is no such setting.`] : [])),
    ...(read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  ]
  if (read.success && mistakes.length === 0) return read.data
  throw new Error(
    ['The configuration cannot be used; mend this and start again:', ...mistakes].join('\n  '),
  )
}

const loopbackIPv4 = /^127(\.\d+){3}$/

/** Of this machine and no other, as `Host` and `Origin` write it. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || loopbackIPv4.test(name)
}

const Hours = z.coerce
  .number({ error: 'a number of hours was expected.' })
  .int({ error: 'a whole number of hours was expected.' })
  .min(2, {
    error: 'a key is kept for at least 2 hours, or the window in which it may be claimed is empty.',
  })
  .max(87_600, { error: 'a key is kept for at most 87600 hours, which is ten years.' })

const Variables = z.object({
  PORT: z.coerce
    .number({ error: 'a port number was expected.' })
    .int({ error: 'a port is a whole number.' })
    .min(0)
    .max(65_535, { error: 'a port is at most 65535.' })
    .default(3000),
  HOST: z
    .string()
    .refine((host) => host === 'localhost' || host === '::1' || loopbackIPv4.test(host), {
      error:
        'only a loopback address (127.0.0.1, ::1, localhost) is served while there is no sign-in; put a proxy that knows its users in front.',
    })
    .default('127.0.0.1'),
  IDEM_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((name) => name.trim().toLowerCase() || []))
    .refine((names) => names.every((name) => isIP(name) > 0 || /^[a-z0-9.-]+$/.test(name)), {
      error: 'host names with commas between them were expected, without scheme or port.',
    })
    // As `Host` and `Origin` write them.
    .transform((names) => names.map((name) => (isIP(name) === 6 ? `[${name}]` : name))),
  IDEM_DATA_DIR: z
    .string()
    .default('.data')
    .transform((folder) => resolve(folder)),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error:
        'an address like postgresql://user:password@host:5432/database was expected, special characters in the password as %23 for #.',
    })
    .optional(),
  IDEM_KEY_RETENTION_HOURS: Hours.default(24),
  IDEM_TOMBSTONE_RETENTION_DAYS: z.coerce
    .number({ error: 'a number of days was expected.' })
    .int({ error: 'a whole number of days was expected.' })
    .min(1, { error: 'tombstones are kept for at least a day.' })
    .max(36_500, { error: 'tombstones are kept for at most 36500 days, which is a century.' })
    .default(365),
  IDEM_REQUIRE_KEY: z
    .enum(['true', 'false'], { error: 'true or false was expected.' })
    .default('false')
    .transform((word) => word === 'true'),
  IDEM_POOLER: z
    .literal('transaction', {
      error:
        'transaction was expected, where DATABASE_URL leads to a pooler; leave it out where it leads to PostgreSQL itself.',
    })
    .optional(),
  IDEM_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'one of trace, debug, info, warn, error, fatal and silent was expected.',
    })
    .default('info'),
  IDEM_METRICS_TOKEN: z
    .string()
    // What a header can carry as a bearer token, and too much of it to be guessed.
    .regex(/^[\w.~+/-]{32,}=*$/, {
      error:
        'at least 32 characters were expected, of letters, digits and - . _ ~ + /; "openssl rand -hex 32" makes such a token.',
    })
    .optional(),
})

/** A misspelt setting would otherwise be a setting that silently does nothing. */
function isUnknown(name: string): boolean {
  return name.startsWith('IDEM_') && !othersSettings.test(name) && !(name in Variables.shape)
}

/** What the tests, the example and the tools are told; a shell may have them for all it starts. */
const othersSettings = /^IDEM_(TEST_.*|PROVE|CHROMIUM|URL)$/
