import { readdirSync, readFileSync } from 'node:fs'
import { join, parse } from 'node:path'
import { defineConfig, type Rolldown } from 'tsdown'

const library = {
  format: 'esm',
  platform: 'node',
  target: 'node22',
  fixedExtension: false,
} as const

export default defineConfig([
  {
    ...library,
    entry: {
      index: 'src/index.ts',
      ...Object.fromEntries(
        readdirSync('src/entries').map((file) => [parse(file).name, `src/entries/${file}`]),
      ),
    },
    tsconfig: 'tsconfig.build.json',
    dts: true,
  },
  {
    ...library,
    entry: { 'cli/idem': 'src/cli/idem.ts' },
    clean: false,
    dts: false,
    // A project with another driver has no pg, and a hoisted one changes which driver drizzle-kit uses.
    deps: { alwaysBundle: [/^pg/, 'postgres-array', 'postgres-bytea'], onlyBundle: false },
    plugins: [licensesOfBundled()],
  },
])

/** Bundled code is copied, and its licences require that their text goes along. */
function licensesOfBundled(): Rolldown.Plugin {
  return {
    name: 'licenses-of-bundled',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) =>
        chunk.type === 'chunk' ? chunk.moduleIds : [],
      )
      const folders = modules.flatMap((id) => /^.*\/node_modules\/[^/]+/.exec(id)?.[0] ?? [])
      const source = [...new Set(folders)].sort().map(licenseOf).join('\n\n')
      this.emitFile({ type: 'asset', fileName: 'cli/licenses.txt', source })
    },
  }
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()
  return `${name} ${version} (${license})\n\n${text}`
}
