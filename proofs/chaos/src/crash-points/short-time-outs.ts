import { registerHooks } from 'node:module'

// `node --import <this file>` runs a server that gives up a silent connection early, and whose sessions
// end early in the database. Between them is still the limit of a lock (1.5 s), which must fire first.

const shorter = {
  'pool.ts': ['query_timeout: 5000,', 'query_timeout: 2000,'],
  'session-settings.ts': [`timeout: '5000ms',`, `timeout: '2000ms',`],
} as const

const folder = new URL('../../../../packages/database/src/', import.meta.url)
const changes = new Map(
  Object.entries(shorter).map(([name, change]) => [new URL(name, folder).href, change]),
)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const change = changes.get(url)
    if (change === undefined) return loaded
    const [before, after] = change
    const source = String(loaded.source)
    if (!source.includes(before)) throw new Error(`Expected ${before} in ${url}.`)
    return { ...loaded, source: source.replace(before, after) }
  },
})
