import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bin, root, toolEnvironment, workspaceFolders } from '../workspace.mjs'

const settings = [
  '.gitignore',
  'biome.json',
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'scripts/workspace.mjs',
  'scripts/lint',
  'tsconfig.base.json',
  'turbo.json',
  'vitest.config.ts',
]

/** A copy of the settings and manifests of this workspace, without its sources: a place to break rules in. */
export function temporaryWorkspace() {
  const home = mkdtempSync(join(tmpdir(), 'idem-workspace-'))
  const manifests = workspaceFolders().flatMap((folder) => [
    `${folder}/package.json`,
    `${folder}/turbo.json`,
  ])
  for (const path of [...settings, ...manifests]) {
    cpSync(join(root, path), join(home, path), { recursive: true })
  }

  function write(path: string, text: string) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }

  return {
    home,
    write,
    remove: (path: string) => rmSync(join(home, path)),
    /** Adds a dependency on a workspace package, and returns what takes it out again. */
    declare: (folder: string, dependency: string) => {
      const path = `${folder}/package.json`
      const before = readFileSync(join(home, path), 'utf8')
      const manifest = JSON.parse(before)
      manifest.dependencies = { ...manifest.dependencies, [dependency]: 'workspace:*' }
      write(path, JSON.stringify(manifest))
      return () => write(path, before)
    },
    run: (tool: string, ...args: string[]) => {
      const env = { ...toolEnvironment(), NO_COLOR: '1' }
      const { status, stdout, stderr } = spawnSync(join(bin, tool), args, {
        cwd: home,
        encoding: 'utf8',
        env,
      })
      return { code: status, output: stdout + stderr, stdout }
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  }
}
