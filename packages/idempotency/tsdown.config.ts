import { defineConfig } from 'tsdown'

const library = {
  format: 'esm',
  platform: 'node',
  target: 'node22',
  fixedExtension: false,
} as const

export default defineConfig([
  {
    ...library,
    entry: ['src/index.ts', 'src/pg.ts', 'src/prisma.ts', 'src/drizzle.ts', 'src/trpc.ts'],
    tsconfig: 'tsconfig.build.json',
    dts: true,
  },
  {
    ...library,
    entry: { 'cli/idem': 'src/cli/idem.ts' },
    clean: false,
    dts: false,
    // A project on another driver has no pg, and one that is hoisted changes what drizzle-kit uses.
    deps: { alwaysBundle: [/^pg/, 'postgres-array', 'postgres-bytea'], onlyBundle: false },
  },
])
