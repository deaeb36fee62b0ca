import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { type DescribedRelease, parseDescribed } from './described-release.ts'

/** A folder with `bin/idem`, as the bundle of a release is one. */
export type ReleaseFolder = DescribedRelease & {
  readonly folder: string
  /** Runs a program, such as `bin/idem`, with the settings of this release and returns the exit code. */
  readonly run: (
    program: readonly [string, ...string[]],
    output?: 'shown' | 'hidden',
  ) => Promise<number>
}

/** The settings of a release, in its folder. Without it those of the machine count. */
const settingsName = 'idem.env'
const settingsOfMachine = '/etc/idem.env'

/** @throws a readable error when there is no release, or one that does not accept its settings */
export async function openRelease(folder: string): Promise<ReleaseFolder> {
  const program = programIn(folder)
  await access(program, constants.X_OK).catch((cause: Error) => {
    throw new Error(
      `There is no release in ${folder} (${cause.message}); name a folder that "npm run bundle" wrote.`,
      { cause },
    )
  })
  const described = await promisify(execFile)(program, ['version', '--json'], {
    env: await environmentOf(folder),
  }).catch((cause: Error & { readonly stderr?: string }) => {
    throw new Error(
      `The release in ${folder} does not start, so nothing was changed:\n${cause.stderr?.trim() || cause.message}\nIts settings are in ${join(folder, settingsName)}, or in ${settingsOfMachine} if it has none.`,
      { cause },
    )
  })
  return {
    ...parseDescribed(described.stdout),
    folder,
    run: async ([command, ...line], output = 'shown') => {
      const stdio = output === 'shown' ? 'inherit' : 'ignore'
      const child = spawn(command, line, { env: await environmentOf(folder), stdio })
      const [code] = await once(child, 'close').catch(() => [1])
      return code ?? 1
    },
  }
}

export function programIn(folder: string): string {
  return join(folder, 'bin/idem')
}

/** Settings in the folder of a release belong to it; a new one that has none begins with those of the old one. */
export async function inheritSettings(from: string, to: string): Promise<void> {
  const { COPYFILE_EXCL: unlessThere } = constants
  await copyFile(join(from, settingsName), join(to, settingsName), unlessThere).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
    },
  )
}

/** The environment takes precedence over a file, so what this process has from one must not reach another release. */
async function environmentOf(folder: string): Promise<NodeJS.ProcessEnv> {
  const files = [settingsOfMachine, join(folder, settingsName), ...ownSettings()]
  const env = { ...process.env }
  for (const file of files) {
    const settings = parseEnv(await readFile(file, 'utf8').catch(() => ''))
    for (const [name, value] of Object.entries(settings)) {
      if (env[name] === value) delete env[name]
    }
  }
  return env
}

/** The files that Node has read for this process. */
function ownSettings(): string[] {
  return process.execArgv.flatMap(
    (flag) => /^--env-file(?:-if-exists)?=(.*)$/.exec(flag)?.[1] ?? [],
  )
}
