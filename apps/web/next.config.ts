import { join } from 'node:path'
import { basePathPlaceholder } from '@idem/contract/base-path-placeholder'
import type { NextConfig } from 'next'

const isDeveloping = process.env.NODE_ENV === 'development'
/** The build is for all installations, each of which puts its own prefix there. */
const basePath = isDeveloping ? process.env.IDEM_BASE_PATH : basePathPlaceholder

const config: NextConfig = {
  // Not `basePath`: a minifier computes with its length, which is that of the placeholder.
  assetPrefix: basePath ?? '',
  // The page has no server part: its build is plain files.
  output: 'export',
  // What is being developed is not among the files that `npm start` serves.
  distDir: isDeveloping ? '.next' : 'dist',
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
