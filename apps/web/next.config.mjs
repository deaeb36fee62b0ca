import { join } from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  // The whole house: the page is made of packages outside its own folder.
  turbopack: { root: join(import.meta.dirname, '../..') },
  poweredByHeader: false,
  devIndicators: false,
  images: { unoptimized: true },
  // `npm test` checks the types of every package at once; the build need not do it again.
  typescript: { ignoreBuildErrors: true },
}

export default config
