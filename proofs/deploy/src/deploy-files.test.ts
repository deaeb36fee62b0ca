import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readEnvironment } from '@idem/server/environment'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { checkout } from './built-image.ts'

const read = (name: string) => readFileSync(join(checkout, 'deploy', name), 'utf8')
const settingsIn = (name: string) => parseEnv(read(name)) as Record<string, string>

/** Also those that are commented out, which a person may uncomment. */
const allSettingsIn = (name: string) =>
  parseEnv(read(name).replace(/^# (?=[A-Z_]+=)/gm, '')) as Record<string, string>

const Compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      environment: z.record(z.string(), z.string()),
      ports: z.array(z.string()).optional(),
      networks: z.unknown(),
      stop_grace_period: z.string().optional(),
    }),
  ),
  networks: z.object({
    idem: z.object({ ipam: z.object({ config: z.tuple([z.object({ subnet: z.string() })]) }) }),
  }),
})
const compose = Compose.parse(parse(read('compose.yaml')))

/** Reads the file as Compose does, as far as it goes. */
function substituted(text: string, values: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::[-?]([^}]*))?\}/g, (_, name, other) => values[name] || other)
}

const imageSettings = Object.fromEntries(
  [...read('Containerfile').matchAll(/(\w+)=(\S+)/g)].flatMap(([, name = '', value = '']) =>
    ['HOST', 'IDEM_DATA_DIR'].includes(name) ? [[name, value]] : [],
  ),
)

test.for([
  { name: 'as copied', given: settingsIn('.env.example') },
  { name: 'with every line uncommented', given: allSettingsIn('.env.example') },
])('the server accepts the settings of the image and of Compose, $name', ({ given }) => {
  const filled = { ...given, IDEM_SECRET: 'x'.repeat(32), POSTGRES_PASSWORD: 'y' }
  const { environment = {} } = compose.services.idem ?? {}
  const added = Object.entries(environment).map(([name, text]) => [name, substituted(text, filled)])
  const settings = { ...imageSettings, ...filled, ...Object.fromEntries(added) }
  const read = readEnvironment(settings)
  expect(read).toMatchObject({ HOST: '0.0.0.0', PORT: 3000, IDEM_DATA_DIR: '/data' })
  expect(read.IDEM_TRUSTED_PROXIES).toEqual(['10.77.0.2', '10.77.0.1'])
})

test('the server accepts the settings of the service', () => {
  const { HOST, PORT, IDEM_DATA_DIR } = readEnvironment(settingsIn('idem.env.example'))
  expect({ HOST, PORT, IDEM_DATA_DIR }).toEqual({
    HOST: '127.0.0.1',
    PORT: 3000,
    IDEM_DATA_DIR: '/var/lib/idem',
  })
  expect(read('idem.service')).toContain('StateDirectory=idem\n')
})

test('the trusted proxies of Compose are in its network', () => {
  const [{ subnet }] = compose.networks.idem.ipam.config
  expect(subnet).toBe('10.77.0.0/24')
  expect(compose.services.caddy?.networks).toEqual({ idem: { ipv4_address: '10.77.0.2' } })
})

test('the proxies lead to the port of the server, which only this machine reaches', () => {
  expect(compose.services.idem?.ports?.map((each) => substituted(each, {}))).toEqual([
    '127.0.0.1:3000:3000',
  ])
  expect(read('Caddyfile')).toContain('{$IDEM_UPSTREAM:127.0.0.1:3000}')
  expect(compose.services.caddy?.environment.IDEM_UPSTREAM).toBe('idem:3000')
  expect(read('nginx.conf')).toContain('server 127.0.0.1:3000;')
})

/** Requests in progress get 20 s, and PostgreSQL 10 s. */
test('a stop waits until the last request is answered and the database stopped', () => {
  expect(compose.services.idem?.stop_grace_period).toBe('40s')
  expect(read('idem.service')).toContain('TimeoutStopSec=40\n')
})

test('the label of the image has the version of the release', () => {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
  expect(read('Containerfile')).toContain(`ARG VERSION=${version}\n`)
})
