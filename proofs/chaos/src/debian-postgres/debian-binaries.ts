import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../servers/run-tool.ts'

export type DebianBinaries = {
  readonly initdb: string
  readonly postgres: string
  /** The environment in which both find their libraries and the German locale. */
  readonly env: Readonly<Record<string, string>>
}

const needed =
  'This proof needs Debian 13 and its package archive, for it takes PostgreSQL 17 from there. Run it on such a machine, or choose other proofs by name: npm run prove -- --project "@idem/chaos*" nemesis'

/**
 * Debian's PostgreSQL 17, unpacked into a cache folder instead of installed: no maintainer script runs,
 * no cluster is created, and an installed PostgreSQL is not touched. apt keeps its lists in the cache
 * folder too, so root is not needed.
 */
export async function debianBinaries(release = '/etc/os-release'): Promise<DebianBinaries> {
  await mustBeDebian(release)
  const folder = join(cacheFolder(), 'postgresql-17')
  if (!(await exists(folder))) await provide(folder)
  const files = join(folder, 'files', 'usr')
  const libraries = (await readdir(join(files, 'lib'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'))
    .map(({ name }) => join(files, 'lib', name))
  return {
    initdb: join(files, 'lib/postgresql/17/bin/initdb'),
    postgres: join(files, 'lib/postgresql/17/bin/postgres'),
    env: { LD_LIBRARY_PATH: libraries.join(':'), LOCPATH: join(folder, 'locale') },
  }
}

async function mustBeDebian(release: string): Promise<void> {
  const text = await readFile(release, 'utf8').catch(() => '')
  if (!/^ID=debian$/m.test(text) || !/^VERSION_ID="13"$/m.test(text)) throw new Error(needed)
}

/** Root's own cache folder is closed to the unprivileged user that PostgreSQL runs as. */
function cacheFolder(): string {
  if (process.getuid?.() === 0) return '/var/cache/idem'
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'idem')
}

/** Renamed when complete, so that an interrupted copy is never taken for a complete one. */
async function provide(folder: string): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true, mode: 0o755 })
  const draft = await mkdtemp(`${folder}.`)
  try {
    for (const deb of await download(draft))
      await runTool('dpkg', ['-x', deb, join(draft, 'files')])
    await makeLocale(draft)
    await rm(join(draft, 'apt'), { recursive: true })
    await runTool('chmod', ['-R', 'a+rX', draft])
    await rename(draft, folder)
  } catch (cause) {
    throw new Error(needed, { cause })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** The server, the libraries that this machine lacks, and the sources of the locales. */
async function download(draft: string): Promise<string[]> {
  const [lists, cache] = [join(draft, 'apt/lists'), join(draft, 'apt/cache')]
  const archives = join(cache, 'archives')
  for (const each of [lists, archives]) await mkdir(join(each, 'partial'), { recursive: true })
  const options = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    // An ordinary user cannot take the lock of the system's apt.
    'APT::Sandbox::User=root',
    'Debug::NoLocking=1',
  ].flatMap((option) => ['-o', option])
  await runTool('apt-get', [...options, 'update'])
  const install = ['install', '--download-only', '--reinstall', '--yes', '--no-install-recommends']
  await runTool('apt-get', [...options, ...install, 'postgresql-17'])
  // Without its dependencies, which would include another C library.
  await runTool('sh', [
    '-c',
    'cd "$1" && shift && exec apt-get "$@"',
    'sh',
    archives,
    ...options,
    'download',
    'locales',
  ])
  const names = await readdir(archives)
  // The C library of this machine must load its own parts.
  return names
    .filter((name) => name.endsWith('.deb') && !name.startsWith('libc'))
    .map((name) => join(archives, name))
}

async function makeLocale(draft: string): Promise<void> {
  const target = join(draft, 'locale')
  await mkdir(target)
  await runTool('localedef', ['-i', 'de_DE', '-f', 'UTF-8', join(target, 'de_DE.UTF-8')], {
    env: { I18NPATH: join(draft, 'files/usr/share/i18n') },
  })
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
