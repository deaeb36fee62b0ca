import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { smallDisk } from '@idem/chaos/small-disk'
import { freePort } from '@idem/test-support/free-port'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test, vi } from 'vitest'
import { checkout } from './built-image.ts'
import { runToEnd } from './run-to-end.ts'
import { startProxy } from './start-proxy.ts'

vi.setConfig({ testTimeout: 120_000 })

type BrokenProxy = {
  /** In deploy/nginx.conf. */
  readonly change?: (file: string) => string
  readonly leadsTo?: 'nothing' | 'another program' | 'another installation'
  readonly variables?: Readonly<Record<string, string>>
  /** Below this path of the host. Default: at the root. */
  readonly path?: string
}

/** A server behind nginx, as deploy/nginx.conf has it, and what `idem doctor` says about both. */
async function servedBehind({ change, leadsTo, variables = {}, path = '' }: BrokenProxy) {
  await using opening = new AsyncDisposableStack()
  const [port, otherPort] = [await freePort(), await freePort()]
  const servers = { [path || '/']: leadsTo === undefined ? port : otherPort }
  const changing = change === undefined ? {} : { change }
  const proxying = { program: 'nginx', name: 'localhost', servers, ...changing } as const
  const proxy = opening.use(await startProxy(proxying))
  const settings = {
    IDEM_PUBLIC_URL: proxy.url + path,
    IDEM_TRUSTED_PROXIES: '127.0.0.1',
    IDEM_SECRET: 'a secret of the proofs, for devices',
  }
  const database = opening.use(await scratchDatabase())
  opening.use(await startServer({ database, port, variables: settings }))
  if (leadsTo === 'another installation') {
    const folder = opening.use(await temporaryFolder())
    const other = { dataDir: join(folder.path, 'data') }
    opening.use(await startServer({ database: other, port: otherPort, variables: settings }))
  }
  if (leadsTo === 'another program') {
    const other = createServer((_, response) => response.end('It works!'))
    await new Promise<void>((resolve) => other.listen(otherPort, '127.0.0.1', resolve))
    opening.defer(() => void other.close())
  }
  const opened = opening.move()
  return {
    diagnose: () =>
      doctor({
        ...{ DATABASE_URL: database.url, PORT: `${port}`, ...settings },
        NODE_EXTRA_CA_CERTS: join(proxy.folder, 'certificate.pem'),
        ...variables,
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

async function doctor(variables: Readonly<Record<string, string>>) {
  const idem = join(checkout, 'apps/server/src/idem.ts')
  const env = { PATH: process.env.PATH, NODE_ENV: 'production' as const, ...variables }
  const { code, output } = await runToEnd([process.execPath, idem, 'doctor'], env)
  const findings = output.split('\n').filter((line) => /^.{12} (warning|PROBLEM)/.test(line))
  return { code, findings, output }
}

const without = (line: RegExp) => (file: string) => file.replaceAll(line, '')
const adding = (line: string) => (file: string) =>
  file.replace('proxy_http_version 1.1;', `$&\n        ${line}`)

test('a server behind the nginx of deploy has no finding', async () => {
  await using it = await servedBehind({})
  expect(await it.diagnose()).toMatchObject({ code: 0, findings: [] })
})

const brokenProxies: readonly (readonly [string, BrokenProxy, RegExp])[] = [
  [
    'does not forward Host',
    { change: without(/proxy_set_header Host .*/g) },
    /^public URL +PROBLEM .*forward the original Host/,
  ],
  [
    'says nothing about the client',
    { change: without(/proxy_set_header X-Forwarded-.*/g) },
    /^proxy +PROBLEM .*let the proxy set X-Forwarded-For/,
  ],
  [
    'caches the worker',
    {
      change: adding('proxy_hide_header Cache-Control; add_header Cache-Control "max-age=3600";'),
    },
    /^caching +PROBLEM .*max-age=3600.*let it pass on/,
  ],
  [
    'drops the header Idem-Release',
    { change: adding('proxy_hide_header Idem-Release;') },
    /^public URL +PROBLEM .*drops the header Idem-Release.*pass it on/,
  ],
  [
    'closes each connection',
    { change: (file) => file.replace('ssl_certificate ', 'keepalive_timeout 0;\n$&') },
    /^public URL +warning .*enable keep-alive/,
  ],
  [
    'leads to a port on which nothing listens',
    { leadsTo: 'nothing' },
    /^public URL +PROBLEM .*answers 502.*start the server, or point the proxy to its HOST and PORT/,
  ],
  [
    'removes the path',
    {
      path: '/todos',
      change: (file) =>
        file.replace('proxy_pass http:', 'rewrite ^/todos(/.*)$ $1 break;\n        $&'),
    },
    /^public URL +PROBLEM .*removes the path.*let it pass the path on as it is/,
  ],
  [
    'leads to another program',
    { leadsTo: 'another program' },
    /^public URL +PROBLEM .*something else than Idem; point the proxy/,
  ],
  [
    'leads to another installation',
    { leadsTo: 'another installation' },
    /^public URL +PROBLEM .*another installation of Idem; point the proxy/,
  ],
  [
    'is not trusted',
    { variables: { IDEM_TRUSTED_PROXIES: '' } },
    /^proxy +warning .*IDEM_TRUSTED_PROXIES is not set.*set it to the address/,
  ],
  [
    'has a certificate that nobody trusts',
    { variables: { NODE_EXTRA_CA_CERTS: '' } },
    /^public URL +warning .*certificate.*with a valid certificate/,
  ],
]

test.for(brokenProxies)('a proxy that %s is named', async ([, broken, sentence]) => {
  await using it = await servedBehind(broken)
  const { findings, output } = await it.diagnose()
  expect(findings, output).toEqual([expect.stringMatching(sentence)])
})

test('a port that another program has is named', async () => {
  const other = createServer((_, response) => response.end('It works!'))
  const port = await freePort()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  await using folder = await temporaryFolder()
  const found = await doctor({ PORT: `${port}`, IDEM_DATA_DIR: join(folder.path, 'data') })
  other.close()
  expect(found).toMatchObject({
    code: 1,
    findings: [expect.stringMatching(/^server +PROBLEM .*another program answers at .*set PORT/)],
  })
})

test('a data folder that is almost full is named', async () => {
  await using disk = await smallDisk(64)
  await mkdir(join(disk.path, 'data'))
  const found = await doctor({ PORT: '0', IDEM_DATA_DIR: join(disk.path, 'data') })
  expect(found).toMatchObject({
    code: 1,
    findings: [expect.stringMatching(/^disk +PROBLEM .*MB free .*free space there, or move/)],
  })
})

test('data without their password are named, with the file to put back', async () => {
  await using folder = await temporaryFolder()
  const database = { dataDir: join(folder.path, 'data') }
  await (await startServer({ database })).end('SIGTERM')
  await rm(join(database.dataDir, 'postgres.password'))
  const { code, findings } = await doctor({ PORT: '0', IDEM_DATA_DIR: database.dataDir })
  expect(code).toBe(1)
  expect(findings).toEqual([expect.stringMatching(/^database +PROBLEM .*put that file back/)])
})

test('data of another major version of PostgreSQL are named, with what to do', async () => {
  await using folder = await temporaryFolder()
  const database = { dataDir: join(folder.path, 'data') }
  await (await startServer({ database })).end('SIGTERM')
  await writeFile(join(database.dataDir, 'postgres/PG_VERSION'), '17\n')
  const { code, findings } = await doctor({ PORT: '0', IDEM_DATA_DIR: database.dataDir })
  expect(code).toBe(1)
  expect(findings).toEqual([expect.stringMatching(/^database +PROBLEM .*PostgreSQL 17/)])
})
