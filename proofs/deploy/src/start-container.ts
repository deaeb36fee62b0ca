import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import type { Image } from './built-image.ts'
import { type Ended, runToEnd } from './run-to-end.ts'

export type Container = AsyncDisposable & {
  /** Its output so far. */
  readonly output: () => string
  /** The proportional set size of all its processes. */
  readonly residentMegabytes: () => Promise<number>
  /** Runs one more program in it, as `docker exec` does. */
  readonly exec: (command: readonly string[]) => Promise<Ended>
  /** Ends the first process, and with it all others. Resolves with its exit code, null after SIGKILL. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
  readonly exited: Promise<number | null>
}

type Settings = {
  /** Mounted at the volume. */
  readonly dataDir: string
  readonly variables?: Readonly<Record<string, string>>
  /** Default: that of the image. */
  readonly command?: readonly string[]
  /** A file for the system calls of all its processes. */
  readonly trace?: string
}

/**
 * What `docker run --read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges` does, with the
 * tools of util-linux: a container cannot start containers. Of /proc there are only the own processes, as in the
 * service of systemd. The network is that of the machine.
 */
const run = `
set -e
root=$1 data=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc -o subset=pid,hidepid=invisible proc "$root/proc"
for folder in tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
mkdir -m 1777 "$root/dev/shm"
for device in null zero random urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,ro "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
mount --bind "$data" "$root/data"
exec chroot "$root" "$@"
`

export function startContainer({ root, config }: Image, settings: Settings): Container {
  const { dataDir, variables = {}, command = config.Cmd, trace } = settings
  const environment = [...config.Env, ...Object.entries(variables).map((each) => each.join('='))]
  const [uid, gid] = config.User.split(':')
  const asUser = [
    ...['setpriv', '--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups', '--no-new-privs'],
    ...['--inh-caps=-all', '--bounding-set=-all', 'env', '-i', ...environment],
  ]
  const isolation = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child']
  const script = ['sh', '-c', run, 'container', root, dataDir, ...asUser]
  const tracing = trace === undefined ? [] : ['strace', '-f', '-qq', '-o', trace]
  const [program = '', ...rest] = [...tracing, 'unshare', ...isolation, ...script]
  const child = spawn(program, [...rest, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const exited: Promise<number | null> = once(child, 'close').then(([code]) => code)
  const end = async (signal: NodeJS.Signals) => {
    let [first] = await childrenOf(Number(child.pid))
    if (trace !== undefined) [first] = await childrenOf(first ?? 0)
    if (first !== undefined && isRunning(child)) process.kill(first, signal)
    return exited
  }
  return {
    output: () => output,
    residentMegabytes: async () => {
      const sizes = (await descendants(Number(child.pid))).map(proportionalKilobytes)
      return (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0) / 1_024
    },
    async exec(program) {
      const [first] = await childrenOf(Number(child.pid))
      const enter = ['--target', `${first}`, '--mount', '--pid', '--ipc', '--uts', '--root', '--wd']
      return await runToEnd(['nsenter', ...enter, ...asUser, ...program])
    },
    end,
    exited,
    async [Symbol.asyncDispose]() {
      if (isRunning(child)) await end('SIGTERM')
    },
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

async function descendants(pid: number): Promise<number[]> {
  const children = await childrenOf(pid)
  return [...children, ...(await Promise.all(children.map(descendants))).flat()]
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8'))
  return (await Promise.all(lists)).flatMap((list) =>
    list.trim().split(' ').filter(Boolean).map(Number),
  )
}

async function proportionalKilobytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1])
}
