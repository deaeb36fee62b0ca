import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect } from 'vitest'
import { checkout } from './built-image.ts'
import { needTools } from './need-tools.ts'
import { runTool } from './run-tool.ts'

/** A name that only the browser of the proof knows. */
export const host = 'todo.example'

export type Proxy = AsyncDisposable & {
  /** The address that people use. */
  readonly url: string
}

type Program = { readonly command: string; readonly args: readonly string[] }
/** The port of each server by the path of its installation; the root is `/`. */
type Servers = Readonly<Record<string, number>>
type Settings = { readonly folder: string; readonly port: number; readonly servers: Servers }

/** Each ends TLS with the file of `deploy`, on loopback and with an authority of its own. */
export const proxies = { caddy, nginx }

export async function startProxy(name: keyof typeof proxies, servers: Servers): Promise<Proxy> {
  needTools(name)
  await using starting = new AsyncDisposableStack()
  const { path: folder } = starting.use(await temporaryFolder())
  const port = await freePort()
  const { command, args } = await proxies[name]({ folder, port, servers })
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  starting.defer(async () => {
    child.kill('SIGTERM')
    await exited
  })
  await expect.poll(() => accepts(port), { timeout: 20_000 }).toBe(true)
  const started = starting.move()
  return { url: `https://${host}:${port}`, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

async function caddy({ folder, port, servers }: Settings): Promise<Program> {
  const file = join(folder, 'Caddyfile')
  const deployed = await readFile(join(checkout, 'deploy/Caddyfile'), 'utf8')
  const [below = ''] = /^\t#\thandle [\s\S]*?^\t#\t\}$/m.exec(deployed) ?? []
  const handlers = Object.entries(servers).flatMap(([path, upstream]) =>
    path === '/'
      ? []
      : below.replaceAll('\t#', '').replace('/todos', path).replace('127.0.0.1:3000', at(upstream)),
  )
  const ours = deployed
    .replace('{$IDEM_SITE:todo.example.org}', `https://${host}:${port}`)
    .replaceAll(/\{\$IDEM_UPSTREAM:[^}]+\}/g, at(servers['/'] ?? 1))
    .replace(below, handlers.join('\n'))
  const options = `{
	admin off
	local_certs
	skip_install_trust
	auto_https disable_redirects
	default_bind 127.0.0.1
	storage file_system ${folder}
	log {
		level ERROR
	}
}
`
  await writeFile(file, options + ours)
  return { command: 'caddy', args: ['run', '--config', file] }
}

async function nginx({ folder, port, servers }: Settings): Promise<Program> {
  needTools('openssl')
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const files = ['-nodes', '-keyout', key, '-out', certificate]
  await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject])
  const deployed = await readFile(join(checkout, 'deploy/nginx.conf'), 'utf8')
  const paths = Object.entries(servers)
  const ours = deployed
    .replaceAll('todo.example.org;', `${host};`)
    .replace('listen 80;', `listen 127.0.0.1:${await freePort()};`)
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
    .replace(/ssl_certificate \S+;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key \S+;/, `ssl_certificate_key ${key};`)
    .replace(/^upstream idem [\s\S]*?^}/m, (block) =>
      paths
        .map(([, upstream]) =>
          block.replace('idem', `idem${upstream}`).replace('127.0.0.1:3000', at(upstream)),
        )
        .join('\n'),
    )
    .replace(/^ {4}location \/ [\s\S]*?^ {4}\}/m, (block) =>
      paths
        .map(([path, upstream]) =>
          block.replace('location /', `location ${path}`).replace('//idem', `//idem${upstream}`),
        )
        .join('\n'),
    )
  const file = join(folder, 'nginx.conf')
  await mkdir(join(folder, 'temp'))
  const around = `
daemon off;
pid ${folder}/pid;
error_log stderr crit;
events {}
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `  ${each}_temp_path ${folder}/temp/${each};`).join('\n')}
${ours}
}
`
  await writeFile(file, around)
  return { command: 'nginx', args: ['-e', 'stderr', '-c', file] }
}

function at(port: number): string {
  return `127.0.0.1:${port}`
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
