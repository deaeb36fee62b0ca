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
  /** The folder with its file and the certificate. */
  readonly folder: string
}

type Program = {
  readonly command: string
  readonly args: readonly string[]
  /** The path of the file, and its text. */
  readonly file: string
  readonly text: string
}
/** The port of each server by the path of its installation; the root is `/`. */
type Servers = Readonly<Record<string, number>>
type Settings = {
  readonly folder: string
  readonly name: string
  readonly port: number
  readonly servers: Servers
}

type Proxying = {
  readonly program: keyof typeof proxies
  readonly servers: Servers
  /** Default: one that only the browser of the proof knows. */
  readonly name?: string
  /** Breaks the file of `deploy`. */
  readonly change?: (file: string) => string
}

/** Each ends TLS with the file of `deploy`, on loopback and with an authority of its own. */
export const proxies = { caddy, nginx }

export async function startProxy({ program, servers, ...proxying }: Proxying): Promise<Proxy> {
  const { name = host, change = (file) => file } = proxying
  needTools(program)
  await using starting = new AsyncDisposableStack()
  const { path: folder } = starting.use(await temporaryFolder())
  const port = await freePort()
  const { command, args, file, text } = await proxies[program]({ folder, name, port, servers })
  const changed = change(text)
  if (proxying.change !== undefined && changed === text) {
    throw new Error(`The change of ${file} changes nothing.`)
  }
  await writeFile(file, changed)
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  starting.defer(async () => {
    child.kill('SIGTERM')
    await exited
  })
  await expect.poll(() => accepts(port), { timeout: 20_000 }).toBe(true)
  const started = starting.move()
  const url = `https://${name}:${port}`
  return { url, folder, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

async function caddy({ folder, name, port, servers }: Settings): Promise<Program> {
  const file = join(folder, 'Caddyfile')
  const deployed = await readFile(join(checkout, 'deploy/Caddyfile'), 'utf8')
  const [below = ''] = /^\t#\thandle [\s\S]*?^\t#\t\}$/m.exec(deployed) ?? []
  const handlers = Object.entries(servers).flatMap(([path, upstream]) =>
    path === '/'
      ? []
      : below.replaceAll('\t#', '').replace('/todos', path).replace('127.0.0.1:3000', at(upstream)),
  )
  const ours = deployed
    .replace('{$IDEM_SITE:todo.example.org}', `https://${name}:${port}`)
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
  return { command: 'caddy', args: ['run', '--config', file], file, text: options + ours }
}

async function nginx({ folder, name, port, servers }: Settings): Promise<Program> {
  needTools('openssl')
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const files = ['-nodes', '-keyout', key, '-out', certificate]
  await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject])
  const deployed = await readFile(join(checkout, 'deploy/nginx.conf'), 'utf8')
  const paths = Object.entries(servers)
  const ours = deployed
    .replaceAll('todo.example.org;', `${name};`)
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
  return { command: 'nginx', args: ['-e', 'stderr', '-c', file], file, text: around }
}

/** The settings of a server behind a proxy of this machine. */
export function behind(address: string) {
  return { IDEM_PUBLIC_URL: address, IDEM_TRUSTED_PROXIES: '127.0.0.1' }
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
