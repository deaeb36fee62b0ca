import { freePort } from '@idem/test-support/free-port'
import { type Child, startChild } from './child.ts'
import { peerPath } from './peer-path.ts'

export type Service = AsyncDisposable & {
  /** For the environment of the contender. */
  readonly env: Readonly<Record<string, string>>
  readonly pid: number
  /** Returns the URL that receives the creates and forwards them to the contender at this URL. */
  readonly front?: (contender: string) => Promise<string>
}

type Folder = { readonly path: string }

/**
 * Valkey as Debian's package starts it: it answers before anything is on the disk, and writes a snapshot
 * now and then.
 */
export async function startValkey({ path }: Folder): Promise<Service> {
  const port = await freePort()
  const child = await startChild({
    command: process.env.IDEM_TEST_VALKEY ?? 'valkey-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', path],
    log: `${path}/valkey.log`,
    port,
  })
  return { env: { VALKEY_URL: `redis://127.0.0.1:${port}` }, ...disposing(child) }
}

/** Restate's server, from its npm package, with its defaults; it keeps its log on the disk. */
export async function startRestate({ path }: Folder): Promise<Service> {
  const [ingress, admin, nodes] = [await freePort(), await freePort(), await freePort()]
  const child = await startChild({
    command: process.execPath,
    args: [restateServer, '--base-dir', path, '--bind-ip', '127.0.0.1', '--no-logo'],
    env: {
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_PORT: String(nodes),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_DISABLE_TELEMETRY: 'true',
    },
    log: `${path}/restate.log`,
    port: admin,
  })
  return {
    env: {},
    async front(uri) {
      const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri }),
      })
      if (!answer.ok) throw new Error(`Restate refused the service: ${await answer.text()}`)
      return `http://127.0.0.1:${ingress}`
    },
    ...disposing(child),
  }
}

const restateServer = peerPath('node_modules/@restatedev/restate-server/lib/index.js')

/** Nothing that it keeps is used again. */
function disposing(child: Child): Pick<Service, 'pid'> & AsyncDisposable {
  return { pid: child.pid, [Symbol.asyncDispose]: () => child.end('SIGKILL') }
}
