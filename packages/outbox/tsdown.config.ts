import { defineConfig } from 'tsdown'

export default defineConfig({
  // Named as in the exports of the published package.
  entry: {
    device: 'src/stored-outboxes.ts',
    fetch: 'src/fetch/idempotent-fetch.ts',
    index: 'src/index.ts',
    key: 'src/mint-key.ts',
    next: 'src/next/use-idempotent-action.ts',
    react: 'src/react.ts',
    'tanstack-query': 'src/tanstack-query/mutation-options.ts',
    trpc: 'src/trpc/idempotency-link.ts',
  },
  tsconfig: 'tsconfig.build.json',
  format: 'esm',
  platform: 'neutral',
  target: 'es2024',
  fixedExtension: false,
  dts: true,
})
