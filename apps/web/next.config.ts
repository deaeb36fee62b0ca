import { join } from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  // The page has no server part: its build is plain files.
  output: 'export',
  distDir: 'dist',
  // Random by default: two instances that built the same source would serve two releases.
  generateBuildId: () => 'build',
  // The whole workspace: the page uses packages outside its own folder.
  turbopack: { root: join(import.meta.dirname, '../..') },
  poweredByHeader: false,
  devIndicators: false,
  images: { unoptimized: true },
  // `npm test` checks the types of every package; the build does not repeat it.
  typescript: { ignoreBuildErrors: true },
}

export default config
