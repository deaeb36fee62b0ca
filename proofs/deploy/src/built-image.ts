import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { z } from 'zod'
import { makeDebian } from './make-debian.ts'
import { needTools } from './need-tools.ts'
import { runTool } from './run-tool.ts'

export type Image = {
  readonly name: string
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

/** Builds the image of this checkout. */
export async function buildImage(): Promise<Image & AsyncDisposable> {
  await using building = new AsyncDisposableStack()
  const builder = building.use(await imageBuilder())
  const image = await builder.build(checkout, await commitOf('HEAD'))
  const built = building.move()
  return { ...image, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

export type ImageBuilder = AsyncDisposable & {
  readonly build: (source: string, commit: string) => Promise<Image>
  /** With a root of its own, which a test may break. */
  readonly copy: (image: Image) => Promise<Image>
}

/** Builds as an operator would, on a Debian that debootstrap makes in the place of a registry's. */
export async function imageBuilder(): Promise<ImageBuilder> {
  needTools('buildah')
  await using opening = new AsyncDisposableStack()
  const { path: folder } = opening.use(await temporaryFolder())
  const buildah = buildahIn(folder)
  await makeBase(join(folder, 'base'), buildah)
  const limits = await Promise.all([limit('-Hn', 'nofile'), limit('-Hu', 'nproc')])

  async function open(name: string): Promise<Image> {
    const inspected = Inspected.parse(
      JSON.parse(await buildah(['inspect', '--type', 'image', name])),
    )
    const container = await buildah(['from', '--pull=never', name])
    const root = await buildah(['mount', container])
    const kilobytes = (await runTool('du', ['-sk', root])).split('\t', 1)
    return { name, config: inspected.Docker.config, root, megabytes: Number(kilobytes) / 1_024 }
  }

  const opened = opening.move()
  return {
    async build(source, commit) {
      const name = `idem:${commit}`
      await buildah([
        ...['build', '--isolation', 'chroot', '--format', 'docker', '--layers=false'],
        // buildah would raise them, which a container may not.
        ...limits.flatMap((each) => ['--ulimit', each]),
        ...['--pull=never', '--build-arg', `COMMIT=${commit}`],
        ...['-f', join(source, 'deploy/Containerfile'), '-t', name, source],
      ])
      return await open(name)
    },
    copy: ({ name }) => open(name),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

export function commitOf(revision: string): Promise<string> {
  return runTool('git', ['-C', checkout, 'rev-parse', revision])
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
