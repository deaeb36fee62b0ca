import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { z } from 'zod'
import { makeDebian } from './make-debian.ts'
import { needTools } from './need-tools.ts'
import { runTool } from './run-tool.ts'

export type Image = {
  readonly config: z.infer<typeof Config>
  /** The root file system. */
  readonly root: string
  readonly megabytes: number
}

/** What the image says about itself. */
const Config = z.object({
  User: z.string(),
  Env: z.array(z.string()),
  Cmd: z.array(z.string()),
  Labels: z.record(z.string(), z.string()),
  Volumes: z.record(z.string(), z.object({})),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
})

const Inspected = z.object({ Docker: z.object({ config: Config }) })

export const checkout = fileURLToPath(new URL('../../..', import.meta.url))
const base = 'docker.io/library/debian:trixie-slim'

/** Builds the image as an operator would, on a Debian that debootstrap makes in the place of a registry's. */
export async function buildImage(): Promise<Image & AsyncDisposable> {
  needTools('buildah')
  await using building = new AsyncDisposableStack()
  const { path: folder } = building.use(await temporaryFolder())
  const buildah = buildahIn(folder)
  await makeBase(join(folder, 'base'), buildah)

  const commit = await runTool('git', ['-C', checkout, 'rev-parse', 'HEAD'])
  const limits = await Promise.all([limit('-Hn', 'nofile'), limit('-Hu', 'nproc')])
  await buildah([
    ...['build', '--isolation', 'chroot', '--format', 'docker', '--layers=false', '--pull=never'],
    // buildah would raise them, which a container may not.
    ...limits.flatMap((each) => ['--ulimit', each]),
    ...['--build-arg', `COMMIT=${commit}`, '-f', join(checkout, 'deploy/Containerfile')],
    ...['-t', 'idem', checkout],
  ])
  const inspected = Inspected.parse(
    JSON.parse(await buildah(['inspect', '--type', 'image', 'idem'])),
  )
  const container = await buildah(['from', '--pull=never', 'idem'])
  const root = await buildah(['mount', container])
  const kilobytes = (await runTool('du', ['-sk', root])).split('\t', 1)
  const built = building.move()
  return {
    config: inspected.Docker.config,
    root,
    megabytes: Number(kilobytes) / 1_024,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

type Buildah = (args: readonly string[]) => Promise<string>

/** Everything in one folder, and without a mount that could outlive it. */
function buildahIn(folder: string): Buildah {
  const storage = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')]
  return (args) => runTool('buildah', [...storage, '--storage-driver', 'vfs', ...args])
}

async function makeBase(folder: string, buildah: Buildah): Promise<void> {
  await makeDebian(folder)
  const container = await buildah(['from', 'scratch'])
  await buildah(['add', '--quiet', container, folder, '/'])
  await buildah(['commit', '--quiet', '--rm', container, base])
  await rm(folder, { recursive: true })
}

async function limit(option: '-Hn' | '-Hu', name: string): Promise<string> {
  const value = await runTool('bash', ['-c', `ulimit ${option}`])
  return `${name}=${value}:${value}`
}
