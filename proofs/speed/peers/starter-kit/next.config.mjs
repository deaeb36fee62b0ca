import { join } from 'node:path'

export default {
  // The project of the peers, whose packages this app uses.
  turbopack: { root: join(import.meta.dirname, '..') },
}
