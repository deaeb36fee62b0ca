import { readdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import { foldersOfDependencies, root } from '../workspace.mjs'

const settleMs = 100

/**
 * Watches the sources of a program. Not Node's `--watch`: it follows every file
 * that is loaded, and Next writes and loads files all the time.
 */
export function watchSources(name, home = root) {
  let report = () => {}
  let settled
  // A save is several events and a branch switch hundreds: they count as one change.
  const onEvent = (_, file) => {
    if (!/\.(ts|tsx|json|prisma|sql)$/.test(file ?? '') || /\.test\.tsx?$/.test(file)) return
    clearTimeout(settled)
    settled = setTimeout(() => report(), settleMs)
  }
  const sources = [...foldersOfDependencies(name, home).map((folder) => `${folder}/src`), 'prisma']
  const watchers = sources
    .flatMap((folder) => foldersBelow(join(home, folder)))
    .map((folder) => watch(folder, onEvent))
  return {
    change: () =>
      new Promise((resolve) => {
        report = () => resolve('changed')
      }),
    close: () => {
      for (const watcher of watchers) watcher.close()
      clearTimeout(settled)
    },
  }
}

/** The folder and those below it. On Linux Node 18 cannot watch a folder recursively. */
function foldersBelow(folder) {
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'generated')
    .flatMap(({ name }) => foldersBelow(join(folder, name)))
  return [folder, ...below]
}
