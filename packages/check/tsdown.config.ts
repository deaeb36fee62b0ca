import { defineConfig } from 'tsdown'

const library = {
  format: 'esm',
  platform: 'node',
  target: 'node22',
  fixedExtension: false,
  tsconfig: 'tsconfig.build.json',
} as const

export default defineConfig([
  { ...library, entry: ['src/index.ts'], dts: true },
  { ...library, entry: { 'cli/idem-check': 'src/cli/idem-check.ts' }, clean: false, dts: false },
])
