import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the built page, its public files and the source of its service worker are. */
export type WorkerFolders = {
  readonly built: string
  readonly public: string
  readonly source: string
}

/**
 * The service worker of the page, as JavaScript: its source behind the list of all files of this
 * build. Its text changes with each build, by which a browser detects a new release.
 */
export async function serviceWorker(folders: WorkerFolders): Promise<string> {
  const [files, source, buildId] = await Promise.all([
    pageFiles(folders),
    readFile(folders.source, 'utf8'),
    readFile(join(folders.built, 'BUILD_ID'), 'latin1'),
  ])
  const release = createHash('sha256')
  for (const { path, content } of files) {
    // Random for each build: two instances that built the same source have the same release.
    release.update(`${path}\n${content.toString('latin1').replaceAll(buildId, '')}`)
  }
  const constants = {
    release: release.digest('base64url').slice(0, 22),
    files: files.map(({ path }) => path),
  }
  const lines = Object.entries(constants).map(
    ([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`,
  )
  return [...lines, source].join('')
}

type File = { readonly path: string; readonly content: Buffer }

async function pageFiles({ built, public: own }: WorkerFolders): Promise<File[]> {
  const found = await Promise.all([
    read({ folder: join(built, 'server/app'), pattern: 'index.html', url: () => '/' }),
    read({
      folder: join(built, 'static'),
      // The third folder has the name of the build, and files for another router.
      pattern: '{chunks,media}/**/*.*',
      url: (name) => `/_next/static/${name}`,
    }),
    // Next writes the answer of a generated file, the manifest or an icon, as `<name>.body`.
    read({
      folder: join(built, 'server/app'),
      pattern: '*.body',
      url: (name) => `/${name.replace(/\.body$/, '')}`,
    }),
    read({ folder: own, pattern: '**/*.*', url: (name) => `/${name}` }),
  ])
  return found.flat()
}

type Source = {
  readonly folder: string
  readonly pattern: string
  readonly url: (name: string) => string
}

async function read({ folder, pattern, url }: Source): Promise<File[]> {
  const names: string[] = []
  for await (const name of glob(pattern, { cwd: folder })) names.push(name)
  return Promise.all(
    names.sort().map(async (name) => ({
      path: url(name.replaceAll('\\', '/')),
      content: await readFile(join(folder, name)),
    })),
  )
}
