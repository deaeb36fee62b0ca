import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { z } from 'zod'
import type { Image } from './built-image.ts'
import type { Ended } from './run-to-end.ts'
import { type Container, startContainer } from './start-container.ts'
import { startServer } from './start-server.ts'

type Settings = {
  readonly first: Image
  readonly dataDir: string
  readonly port: number
  readonly variables: Readonly<Record<string, string>>
}

const Called = z.object({
  program: z.enum(['docker', 'docker-compose']),
  args: z.array(z.string()),
})

/** The name in compose.yaml. */
const imageName = 'localhost/idem'

/**
 * Answers what deploy/upgrade.sh asks of docker and Compose, which do not run here, with one container. The
 * programs in `path` pass their words on.
 */
export async function containerEngine({ first, dataDir, port, variables }: Settings) {
  await using opening = new AsyncDisposableStack()
  const images = new Map([[first.name, first]])
  const names = new Map([[imageName, first.name]])
  let next = first
  let running: { readonly image: string; readonly container: Container } | undefined

  function named(): Image {
    const image = images.get(names.get(imageName) ?? '')
    if (image === undefined) throw new Error(`There is no image ${imageName}.`)
    return image
  }

  async function up(): Promise<Ended> {
    await running?.container.end('SIGTERM')
    const image = named()
    try {
      const { container } = await startServer(image, { dataDir, port, variables })
      running = { image: image.name, container }
      return done()
    } catch (error) {
      return { code: 1, output: `${error}\n` }
    }
  }

  function current(): Container {
    if (running === undefined) throw new Error('No container is running.')
    return running.container
  }

  const docker: Readonly<Record<string, (words: readonly string[]) => Promise<Ended>>> = {
    inspect: async () => done(running?.image),
    tag: async ([from = '', to = '']) => {
      names.set(to, from)
      return done()
    },
  }
  const compose: typeof docker = {
    config: async () => done(imageName),
    ps: async () => done('the container'),
    build: async () => {
      images.set(next.name, next)
      names.set(imageName, next.name)
      return done()
    },
    run: async (words) => {
      const settings = { HOST: '127.0.0.1', PORT: `${port}`, ...variables }
      const command = wordsInside(words)
      const container = startContainer(named(), { dataDir, variables: settings, command })
      return { code: await container.exited, output: container.output() }
    },
    exec: (words) => current().exec(wordsInside(words)),
    up,
    logs: async () => done(running?.container.output()),
  }

  const { path: folder } = opening.use(await temporaryFolder())
  const server = createServer(async (request, response) => {
    const { program, args } = Called.parse(await json(request))
    const [name = '', ...words] = args
    const known = program === 'docker' ? docker : compose
    const answer = known[name]?.(words) ?? { code: 125, output: `unknown: ${args.join(' ')}\n` }
    response.end(JSON.stringify(await answer))
  })
  opening.defer(() => promisify(server.close.bind(server))())
  opening.defer(async () => {
    await running?.container[Symbol.asyncDispose]()
  })
  const socket = join(folder, 'socket')
  await once(server.listen(socket), 'listening')
  const path = join(folder, 'bin')
  await mkdir(path)
  for (const program of Called.shape.program.options) {
    await writeFile(join(path, program), passingOn(program, socket), { mode: 0o755 })
  }
  const opened = opening.move()
  return {
    path,
    up,
    container: current,
    /** The image that the next build makes. */
    builds: (image: Image) => {
      next = image
    },
    /** The name of the image that runs. */
    image: () => running?.image,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

function done(output = ''): Ended {
  return { code: 0, output: `${output}\n` }
}

/** After the options and the name of the service. */
function wordsInside(words: readonly string[]): readonly string[] {
  return words.slice(words.indexOf('idem') + 1)
}

function passingOn(program: string, socketPath: string): string {
  return `#!${process.execPath}
const { request } = require('node:http')
const call = request({ socketPath: '${socketPath}', method: 'POST', agent: false }, async (response) => {
  const text = (await response.toArray()).join('')
  const { code, output } = JSON.parse(text)
  const stream = code === 0 ? process.stdout : process.stderr
  stream.write(output)
  process.exitCode = code ?? 1
})
call.end(JSON.stringify({ program: '${program}', args: process.argv.slice(2) }))
`
}
